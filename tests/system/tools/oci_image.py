#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""oci_image - packs a root file system as an image (OCI image-spec, image-layout.md)

oci_image.py DIRECTORY NAME:TAG ARCHIVE
"""
import hashlib
import io
import json
import platform
import sys
import tarfile

MEDIA = "application/vnd.oci.image."


class Layout:
    def __init__(self, archive):
        self.archive = archive

    def add(self, name, content):
        info = tarfile.TarInfo(name)
        info.size = len(content)
        self.archive.addfile(info, io.BytesIO(content))

    def add_blob(self, kind, content):
        digest = hashlib.sha256(content).hexdigest()
        self.add(f"blobs/sha256/{digest}", content)
        return {"mediaType": MEDIA + kind, "digest": f"sha256:{digest}", "size": len(content)}


def as_root(info):
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def pack(directory):
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add(directory, ".", filter=as_root)
    return layer.getvalue()


def write(directory, name, path):
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    with tarfile.open(path, "w") as archive:
        layout = Layout(archive)
        layer = layout.add_blob("layer.v1.tar", pack(directory))
        config = layout.add_blob("config.v1+json", json.dumps({
            "architecture": machine, "os": "linux", "config": {"Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}).encode())
        manifest = layout.add_blob("manifest.v1+json", json.dumps({
            "schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json", "config": config,
            "layers": [layer]}).encode())
        manifest["annotations"] = {"io.containerd.image.name": name,
                                   "org.opencontainers.image.ref.name": name.partition(":")[2]}
        layout.add("index.json", json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode())
        layout.add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')


if len(sys.argv) != 4:
    sys.exit(__doc__)
write(*sys.argv[1:])
