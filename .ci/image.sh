#!/usr/bin/env bash
# Runs the image of an OCI layout (IMAGE.tar) as a container engine would: its root file system alone and read-only, as its user, with volumes where the manifests have them.
# Needs root, for mounts and chroot. Usage: .ci/image.sh IMAGE.tar
set -euo pipefail
cd "$(dirname "$0")/.."
image=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/layout" "$dir/root"
tar -xf "$image" -C "$dir/layout"
python3 - "$dir/layout" "$(go env GOARCH)" >"$dir/image" <<'EOF'
import json, os, sys
layout, arch = sys.argv[1:]
blob = lambda d: os.path.join(layout, "blobs", *d["digest"].split(":"))
read = lambda d: json.load(open(blob(d)))
index = read(json.load(open(os.path.join(layout, "index.json")))["manifests"][0])
manifest = read(next(m for m in index["manifests"] if m["platform"]["architecture"] == arch))
config = read(manifest["config"])["config"]
print(config["User"], *config["Entrypoint"], *(blob(layer) for layer in manifest["layers"]))
EOF
read -r user entrypoint layers <"$dir/image"
for layer in $layers; do
    tar -xpzf "$layer" -C "$dir/root" --numeric-owner
done
mkdir "$dir/data"
cp examples/fashion/model.tflite examples/fashion/calibration.npz "$dir/data"
chown -R "$user" "$dir/data"

# In a name space of its own, so that no mount outlives this script.
chroot=$(command -v chroot)
export dir user entrypoint chroot
unshare --mount bash -euo pipefail <<'EOF'
mount --bind "$dir/root" "$dir/root"
mount -t proc proc "$dir/root/proc"
mount -t tmpfs -o mode=1777 none "$dir/root/tmp"
mount --bind "$dir/data" "$dir/root/var/lib/octet"
mount -o remount,bind,ro "$dir/root"
octet() { env -i PATH=/ HOME=/var/lib/octet "$chroot" --userspec="$user" "$dir/root" "$entrypoint" "$@"; }

octet version
if octet certs --dir /certs 2>"$dir/refused"; then
    echo "the root file system can be written to"
    exit 1
fi
grep -q 'read-only file system' "$dir/refused"
at=/var/lib/octet
octet convert $at/model.tflite -o $at/int8.tflite --data $at/calibration.npz

# A whole cluster makes the same bytes, and ends in order.
mkfifo "$dir/up"
exec 3<>"$dir/up"
env -i PATH=/ HOME=$at "$chroot" --userspec="$user" "$dir/root" "$entrypoint" up --listen 127.0.0.1:0 --data-dir $at/cluster >&3 &
pid=$!
trap 'kill $pid 2>/dev/null || true' EXIT
read -r -t 120 line <&3
coordinator=$(grep -oE '127\.0\.0\.1:[0-9]+' <<<"$line")
octet convert $at/model.tflite -o $at/cluster.tflite --data $at/calibration.npz --coordinator "$coordinator"
kill -TERM $pid
wait $pid
cmp "$dir/data/int8.tflite" "$dir/data/cluster.tflite"
EOF
