#!/usr/bin/env python3
"""Make the Python environment of the conformance suite: conformance/.venv with the packages of requirements.txt.

Runs under any Python from 3.10 to 3.13 and does nothing if the environment already holds these packages.
"""

import hashlib
import subprocess
import sys
import venv

from places import HERE, PYTHON, VENV

REQUIREMENTS = HERE / 'requirements.txt'
STAMP = VENV / 'requirements.sha256'


def main():
    want = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == want:
        print(f'{PYTHON} is up to date')
        return
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        sys.exit(f'setup: TensorFlow needs Python 3.10 to 3.13, this is {sys.version.split()[0]}')
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True)
    subprocess.run([PYTHON, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', REQUIREMENTS], check=True)
    STAMP.write_text(want)
    print(f'{PYTHON} is ready')


if __name__ == '__main__':
    main()
