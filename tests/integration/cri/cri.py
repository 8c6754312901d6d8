#!/usr/bin/python3
"""A small client of the container runtime interface, with crictl's words.

usage: cri.py --socket PATH COMMAND ARGUMENT...
  runp POD.json [HANDLER]        create POD POD.json CONTAINER.json
  start|rm|inspect|stats ID      stop ID [SECONDS]
  stopp|rmp|inspectp ID          pods | ps
  exec ID CMD...                 update ID RESOURCES.json
  forward POD PORT               (an HTTP/1.0 request on stdin, its answer on stdout)
  attach ID                      (stdin is typed, until the container ends)

Prints ids or JSON. exec prints what the command printed, and exits with its status.
"""
import importlib
import json
import os
import subprocess
import sys

import attach
import grpc
import port_forward
from google.protobuf import json_format

HERE = os.path.dirname(os.path.realpath(__file__))
SERVICE = "/runtime.v1.RuntimeService/"
PATIENCE = 900  # seconds; emulated machines are slow


def messages():
    """The generated module, made in the build directory when it is not there or older than what it is made from."""
    build = os.environ.get("KATA_BUILD_DIR", os.path.join(HERE, "../../../build"))
    folder = os.path.join(build, "cri")
    module = os.path.join(folder, "cri_pb2.py")
    if not os.path.exists(module) or os.path.getmtime(module) < os.path.getmtime(os.path.join(HERE, "cri.proto")):
        scratch = f"{folder}.{os.getpid()}"
        os.makedirs(scratch)
        subprocess.run(["protoc", f"--python_out={scratch}", "-I", HERE, "cri.proto"], check=True)
        os.makedirs(folder, exist_ok=True)
        os.replace(os.path.join(scratch, "cri_pb2.py"), module)
        os.rmdir(scratch)
    sys.path.insert(0, folder)
    return importlib.import_module("cri_pb2")


class Client:
    def __init__(self, socket):
        self.pb = messages()
        self.channel = grpc.insecure_channel(
            f"unix://{socket}", options=[("grpc.max_receive_message_length", 64 << 20)]
        )

    def call(self, method, request, answer):
        stub = self.channel.unary_unary(
            SERVICE + method,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=getattr(self.pb, answer).FromString,
        )
        return stub(request, timeout=PATIENCE)

    def read(self, path, name):
        with open(path, encoding="utf-8") as file:
            return json_format.ParseDict(json.load(file), getattr(self.pb, name)())

    def runp(self, config, handler=""):
        request = self.pb.RunPodSandboxRequest(config=self.read(config, "PodSandboxConfig"), runtime_handler=handler)
        print(self.call("RunPodSandbox", request, "RunPodSandboxResponse").pod_sandbox_id)

    def create(self, pod, pod_config, config):
        request = self.pb.CreateContainerRequest(
            pod_sandbox_id=pod,
            config=self.read(config, "ContainerConfig"),
            sandbox_config=self.read(pod_config, "PodSandboxConfig"),
        )
        print(self.call("CreateContainer", request, "CreateContainerResponse").container_id)

    def start(self, container):
        self.call("StartContainer", self.pb.ContainerRequest(container_id=container), "Empty")

    def stop(self, container, seconds="10"):
        request = self.pb.StopContainerRequest(container_id=container, timeout=int(seconds))
        self.call("StopContainer", request, "Empty")

    def rm(self, container):
        self.call("RemoveContainer", self.pb.ContainerRequest(container_id=container), "Empty")

    def stopp(self, pod):
        self.call("StopPodSandbox", self.pb.PodSandboxRequest(pod_sandbox_id=pod), "Empty")

    def rmp(self, pod):
        self.call("RemovePodSandbox", self.pb.PodSandboxRequest(pod_sandbox_id=pod), "Empty")

    def inspectp(self, pod):
        self.show(self.call("PodSandboxStatus", self.pb.PodSandboxRequest(pod_sandbox_id=pod), "PodSandboxStatusResponse"))

    def inspect(self, container):
        request = self.pb.ContainerRequest(container_id=container)
        self.show(self.call("ContainerStatus", request, "ContainerStatusResponse"))

    def stats(self, container):
        self.show(self.call("ContainerStats", self.pb.ContainerRequest(container_id=container), "ContainerStatsResponse"))

    def pods(self):
        self.show(self.call("ListPodSandbox", self.pb.Empty(), "ListPodSandboxResponse"))

    def ps(self):
        self.show(self.call("ListContainers", self.pb.Empty(), "ListContainersResponse"))

    def update(self, container, resources):
        request = self.pb.UpdateContainerResourcesRequest(
            container_id=container, linux=self.read(resources, "LinuxContainerResources")
        )
        self.call("UpdateContainerResources", request, "Empty")

    def exec(self, container, *words):
        request = self.pb.ExecSyncRequest(container_id=container, cmd=words)
        answer = self.call("ExecSync", request, "ExecSyncResponse")
        sys.stdout.buffer.write(answer.stdout)
        sys.stderr.buffer.write(answer.stderr)
        sys.exit(answer.exit_code)

    def forward(self, pod, port):
        request = self.pb.PortForwardRequest(pod_sandbox_id=pod, port=[int(port)])
        url = self.call("PortForward", request, "PortForwardResponse").url
        sys.stdout.buffer.write(port_forward.exchange(url, int(port), sys.stdin.buffer.read()))

    def attach(self, container):
        request = self.pb.AttachRequest(container_id=container, stdin=True, stdout=True, stderr=True)
        url = self.call("Attach", request, "AttachResponse").url
        attach.exchange(url, sys.stdin.buffer.read(), sys.stdout.buffer, sys.stderr.buffer)

    @staticmethod
    def show(message):
        print(json_format.MessageToJson(message, including_default_value_fields=True))


COMMANDS = "runp create start stop rm stopp rmp inspect inspectp stats pods ps exec update forward attach".split()


def main(words):
    if len(words) < 3 or words[0] != "--socket" or words[2] not in COMMANDS:
        sys.exit(__doc__)
    client = Client(words[1])
    try:
        getattr(client, words[2])(*words[3:])
    except grpc.RpcError as error:
        sys.exit(f"cri: {words[2]}: {error.code().name}: {error.details()}")


if __name__ == "__main__":
    main(sys.argv[1:])
