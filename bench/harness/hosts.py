"""Servers on this machine that hand out repositories and blobs: bench/hosts."""
import contextlib
import json
import shutil
import subprocess

from .machine import ROOT, environment
from .measure import Failed


def node():
    found = shutil.which("node")
    if not found:
        raise Failed("no node to run the host with")
    return found


@contextlib.contextmanager
def file_host(accounts, **options):
    """Gives its address, and the environment that points atbackup at it."""
    wanted = json.dumps({**options, "accounts": accounts})
    host = subprocess.Popen([node(), ROOT / "bench/hosts/files.mjs", wanted], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)
    try:
        line = host.stdout.readline()
        if not line:
            raise Failed("the host did not start")
        told = json.loads(line)
        yield told["url"], {**environment("on"), **told["environment"]}
    finally:
        host.stdin.close()
        host.wait()
        host.stdout.close()
