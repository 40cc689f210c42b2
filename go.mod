module github.com/octetlite/octet

go 1.26.8
