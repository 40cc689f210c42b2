#!/usr/bin/env python3
"""The clients of docs/protocol.md, as somebody has them who copies them from that page.

There is the shell's, by grpcurl, and Python's, by stubs that grpcio-tools generates. They run against `octet up`, which is killed
and started again while samples are pushed. The models that come out are compared with those of `octet convert` over the same
samples in a file, byte for byte; that of the Keras training loop runs in LiteRT besides.

usage: push.py [--octet BINARY] [--grpcurl BINARY]     both are built if they are not given
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

from places import CORPUS, REPO

GRPCURL = 'github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3'
PROTOS = ['blob', 'conversion', 'sample']
FASHION = REPO / 'examples/fashion'


class Cluster:
    """`octet up` at a port of its own, which can die and come back."""

    def __init__(self, octet, folder):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.address = '127.0.0.1:%d' % s.getsockname()[1]
        self.command = [octet, 'up', '--data-dir', folder / 'cluster', '--listen', self.address, '--workers', '2']
        self.log = open(folder / 'octet.log', 'ab')
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def blocks(kind):
    """The blocks of the page that begin with ```KIND, as pairs of what else that line says and the text."""
    page = (REPO / 'docs/protocol.md').read_text()
    return re.findall(rf'^```{kind} ?(\S*)\n(.*?)^```', page, re.M | re.S)


def convert(octet, source, data, output):
    """What `octet convert` makes in this process's place."""
    subprocess.run([octet, 'convert', source, '-o', output, '--data', data], check=True, stdout=subprocess.DEVNULL)
    return output.read_bytes()


def same(what, got, want):
    if got != want:
        sys.exit(f'push: {what}: {len(got)} bytes that are not those of octet convert, {len(want)}')
    print(f'push: {what}: {len(got)} bytes, the same as of octet convert')


def shell(octet, grpcurl, cluster, folder):
    (text,) = [text for _, text in blocks('sh')]
    bin_ = folder / 'bin'
    bin_.mkdir()
    (bin_ / 'grpcurl').symlink_to(grpcurl)
    script = 'set -euo pipefail\n' + text.replace('localhost:8470', cluster.address).replace('examples/fashion', str(FASHION))
    env = dict(os.environ, PATH=f'{bin_}:{os.environ["PATH"]}')
    subprocess.run(['bash', '-c', script], cwd=folder, check=True, env=env, stdout=subprocess.DEVNULL)
    manifest = (folder / 'manifest.json').read_text()
    samples = int(re.search(r'"samples":(\d+)', manifest)[1])
    same(
        'the shell',
        (folder / 'int8.tflite').read_bytes(),
        convert(octet, FASHION / 'model.tflite', f'random:uniform?samples={samples}&seed=1&low=0&high=1', folder / 'want.tflite'),
    )


def python(octet, cluster, folder, env):
    subprocess.run(
        [sys.executable, 'octet_client.py', cluster.address, FASHION / 'model.tflite', FASHION / 'calibration.npz', 'out.tflite'],
        cwd=folder,
        env=env,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    want = convert(octet, FASHION / 'model.tflite', FASHION / 'calibration.npz', folder / 'want.tflite')
    same('octet_client.py', (folder / 'out.tflite').read_bytes(), want)


def cuts(octet, cluster, folder):
    """Three times the cluster dies and comes back, while a call waits for it and between two."""
    from octet_client import Octet, conversion_pb2

    images = np.load(FASHION / 'test.npz')['image'].astype(np.float32)[:400]
    client = Octet(cluster.address)
    source = client.upload((FASHION / 'model.tflite').read_bytes())
    stream = client.stream('cuts', image=images[:1])
    job = client.create('cuts', source=source, source_name='model.tflite', scheme='SCHEME_INT8', stream='cuts')
    progress = 0
    for at in range(0, len(images), 25):
        if at in (50, 125, 300):
            cluster.kill()
            threading.Timer(2, cluster.start).start()
        stream.push(images[at : at + 25])
        if at == 350:
            end = time.monotonic() + 300
            while progress < 352 and time.monotonic() < end:  # eleven chunks
                progress = client.jobs.GetJob(conversion_pb2.GetJobRequest(id=job.id)).job.progress.samples_done
                time.sleep(0.1)
    if progress < 352:
        sys.exit(f'push: {progress} samples of the open stream were measured, want 352')
    stream.finish()
    got = client.fetch(client.wait(job).model)
    np.savez(folder / 'cuts.npz', image=images)
    same('a stream that was cut off', got, convert(octet, FASHION / 'model.tflite', folder / 'cuts.npz', folder / 'want.tflite'))


def keras(octet, cluster, folder, env):
    from ai_edge_litert.interpreter import Interpreter

    subprocess.run(
        [sys.executable, '-W', 'ignore', 'train.py', cluster.address], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL
    )
    got = (folder / 'trained.int8.tflite').read_bytes()
    same('a Keras training loop', got, convert(octet, folder / 'trained.keras', folder / 'trained.npz', folder / 'want.tflite'))
    lite = Interpreter(model_content=got)
    lite.allocate_tensors()
    (given,) = lite.get_input_details()
    if given['dtype'] != np.int8:
        sys.exit(f'push: the model takes {given["dtype"]}')
    lite.set_tensor(given['index'], np.zeros(given['shape'], np.int8))
    lite.invoke()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    arguments.add_argument('--octet', type=pathlib.Path)
    arguments.add_argument('--grpcurl', type=pathlib.Path)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix='octet-push-') as name:
        folder = pathlib.Path(name)
        octet, grpcurl = given.octet, given.grpcurl or shutil.which('grpcurl')
        if octet is None:
            octet = folder / 'program'  # not octet, which is a package of the stubs
            subprocess.run(['go', 'build', '-trimpath', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        if grpcurl is None:
            grpcurl = CORPUS / 'bin' / 'grpcurl'
            if not grpcurl.exists():
                subprocess.run(['go', 'install', GRPCURL], check=True, env=dict(os.environ, GOBIN=str(grpcurl.parent), GOFLAGS=''))
        subprocess.run(
            [
                sys.executable,
                '-m',
                'grpc_tools.protoc',
                '-I',
                REPO / 'proto',
                f'--python_out={folder}',
                f'--grpc_python_out={folder}',
                *(REPO / f'proto/octet/v1/{p}.proto' for p in PROTOS),
            ],
            check=True,
        )
        files = dict(blocks('python'))
        if set(files) != {'octet_client.py', 'train.py'}:
            sys.exit(f'push: the page has {sorted(files)}')
        for file, text in files.items():
            (folder / file).write_text(text)
        sys.path.insert(0, str(folder))
        env = dict(os.environ, PYTHONPATH=str(folder), TF_CPP_MIN_LOG_LEVEL='3')
        cluster = Cluster(octet, folder)
        try:
            python(octet, cluster, folder, env)
            shell(octet, grpcurl, cluster, folder)
            cuts(octet, cluster, folder)
            keras(octet, cluster, folder, env)
        except BaseException:
            sys.stderr.write((folder / 'octet.log').read_text(errors='replace')[-4000:])
            raise
        finally:
            cluster.stop()


if __name__ == '__main__':
    main()
