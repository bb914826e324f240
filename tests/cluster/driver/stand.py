"""What the services stand on: namespace, secrets, certificates, Postgres, Redis, and the pod that calls."""

import base64
import json
import os
import pathlib
import select
import subprocess
import tempfile
import time

from . import kube
from .kube import Failed, kubectl, run

HERE = pathlib.Path("tests/cluster")
OURS = "hotline.example/cluster-test"
CLIENT = "cluster-client"
AUTHORITY = "cluster-test-authority"
READER = {f"{OURS}-reader": "true"}
POSTGRES = {"app.kubernetes.io/name": "postgres"}
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
WHO = {**{service: f"service/{service}" for service in kube.SERVICES}, "smoke": "service/smoke", "province": "platform/province"}


class Stand:
    def __init__(self, images):
        self.images = images
        self.made = False
        self.found = set()
        self.keys = tempfile.TemporaryDirectory(prefix="hotline-cluster-test-")

    def raise_up(self):
        self.found = shared()
        take_namespace(kube.NAMESPACE, "k8s/base")
        self.made = True
        run("k8s/development/make-secrets")
        self.certificates()
        self.servers("postgres", "redis")

    def prometheus(self):
        """Prometheus with the chart's rules, for the scenarios that look at alerts."""
        run("k8s/development/load-rules")
        self.servers("prometheus")

    def take_down(self):
        if self.made:
            kubectl("delete", "namespace", kube.NAMESPACE, "--timeout=180s", check=False)
            # What the site had before stays: other namespaces may stand under it.
            for thing in sorted(shared() - self.found):
                run("kubectl", "delete", thing, "--ignore-not-found", check=False)

    def servers(self, *servers):
        """Servers as k8s/development has them, with the images that this cluster can get."""
        folder = pathlib.Path("target/cluster/stand")
        folder.mkdir(parents=True, exist_ok=True)
        lines = ["namespace: hotline", "resources:"]
        lines += [f"  - ../../../k8s/development/{server}" for server in servers]
        lines.append("images:")
        for server in servers:
            repository, _, tag = self.images[server].rpartition(":")
            lines += [f"  - name: {'prom/' if server == 'prometheus' else ''}{server}", f"    newName: {repository}", f"    newTag: {tag!r}"]
        (folder / "kustomization.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        run("kubectl", "apply", "-k", str(folder))
        for server in servers:
            kubectl("rollout", "status", f"statefulset/{server}", "--timeout=180s")

    def certificates(self, only=None, expired=False, trusted=None):
        """An authority of its own, and a certificate for everybody who shows one; `only` renews some, `expired` ended yesterday.

        `trusted` is what they trust, else that authority alone.
        """
        folder = pathlib.Path(self.keys.name)
        self.authority(folder)
        kube.apply([self.certificate(folder, who, f"hotline-{who}-tls", expired, trusted) for who in only or WHO])

    def certificate(self, folder, who, name, expired=False, trusted=None, signer="ca"):
        """The Secret `name` with a new certificate for `who`, signed by the authority that lies there as `signer`."""
        at = folder / who
        run("openssl", "req", *NEW_KEY, "-subj", f"/CN={who}", "-keyout", f"{at}.key", "-out", f"{at}.csr")
        names = [f"URI:spiffe://hotline/{WHO[who]}"]
        names += [f"DNS:hotline-{who}{domain}" for domain in ("", ".hotline", ".hotline.svc")] if who in kube.SERVICES else []
        (folder / "names").write_text(f"subjectAltName={','.join(names)}\nextendedKeyUsage=serverAuth,clientAuth\n", encoding="utf-8")
        self.sign(folder, at, expired, signer)
        read = {key: (folder / file).read_text(encoding="utf-8") for key, file in
                {"tls.crt": f"{who}.crt", "tls.key": f"{who}.key", "ca.crt": "ca.crt"}.items()}
        read["ca.crt"] = trusted or read["ca.crt"]
        return {
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": name},
            "data": {key: base64.b64encode(text.encode()).decode() for key, text in read.items()},
        }

    def sign(self, folder, at, expired, signer):
        if not expired:
            run("openssl", "x509", "-req", "-in", f"{at}.csr", "-CA", f"{folder}/{signer}.crt", "-CAkey", f"{folder}/{signer}.key",
                "-CAcreateserial", "-days", str(self.days()), "-extfile", f"{folder}/names", "-out", f"{at}.crt")
            return
        # Only `openssl ca` takes the end of a certificate as a date.
        (folder / "index").write_text("", encoding="utf-8")
        (folder / "ca.conf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index\nrand_serial=yes\nnew_certs_dir={folder}\n"
                                        "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n", encoding="utf-8")
        run("openssl", "ca", "-batch", "-notext", "-config", f"{folder}/ca.conf", "-cert", f"{folder}/ca.crt", "-keyfile", f"{folder}/ca.key",
            "-startdate", "20240101000000Z", "-enddate", "20240201000000Z", "-extfile", f"{folder}/names", "-in", f"{at}.csr", "-out", f"{at}.crt")

    def next_authority(self):
        """Makes another authority beside the one that signs; gives the certificates of both."""
        folder = pathlib.Path(self.keys.name)
        run("openssl", "req", "-x509", *NEW_KEY, "-days", "365",
            "-subj", "/CN=cluster-test-next", "-keyout", f"{folder}/next.key", "-out", f"{folder}/next.crt")
        return [(folder / name).read_text(encoding="utf-8") for name in ("ca.crt", "next.crt")]

    def take_next_authority(self):
        """It signs from now on."""
        folder = pathlib.Path(self.keys.name)
        for end in ("crt", "key"):
            (folder / f"ca.{end}").replace(folder / f"former.{end}")
            (folder / f"next.{end}").replace(folder / f"ca.{end}")
        store(AUTHORITY, {name: (folder / name).read_text(encoding="utf-8") for name in ("ca.crt", "ca.key")})

    def former_certificate(self, name):
        """An operator's certificate that the authority of before signed, in a Secret of its own."""
        kube.apply([self.certificate(pathlib.Path(self.keys.name), "smoke", name, signer="former")])

    def authority(self, folder):
        """The one of the run before, if it was kept: what stands trusts it."""
        if (folder / "ca.crt").exists():
            return
        kept = kubectl("get", "secret", AUTHORITY, "-o", "json", check=False)
        if kept.returncode == 0:
            for key, value in json.loads(kept.stdout)["data"].items():
                (folder / key).write_bytes(base64.b64decode(value))
            return
        run("openssl", "req", "-x509", *NEW_KEY, "-days", "365", "-subj", "/CN=cluster-test",
            "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.crt")
        kubectl("create", "secret", "generic", AUTHORITY, f"--from-file={folder}/ca.crt", f"--from-file={folder}/ca.key")

    def days(self):
        """Each issue lasts a day longer, so that a pod's certificate shows which one it is."""
        self.issue = getattr(self, "issue", 0) + 1
        return 30 + self.issue

    def client(self):
        """The pod that calls. Its settings are those of the smoke test; a platform shows another certificate."""
        smoke = kube.get("configmap", "hotline-smoke")["data"]["smoke.toml"]
        platform = smoke.replace("/etc/hotline/tls", "/etc/hotline/platform")
        stranger = smoke.replace("hotline.invalid/dev", "stranger.invalid")

        def secret(source, items):
            return {"secret": {"name": source, "items": [{"key": key, "path": path} for key, path in items.items()]}}

        def pair(source, folder):
            return secret(source, {key: f"{folder}/{key}" for key in ("tls.crt", "tls.key", "ca.crt")})

        labels = {"app.kubernetes.io/name": CLIENT}
        container = {
            "imagePullPolicy": "IfNotPresent",
            "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
            "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
            "volumeMounts": [
                {"name": "etc", "mountPath": "/etc/hotline", "readOnly": True},
                {"name": "ledgers", "mountPath": "/ledgers"},
            ],
        }
        kube.apply([
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CLIENT},
             "data": {"smoke.toml": smoke, "platform.toml": platform, "stranger.toml": stranger}},
            {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": CLIENT},
             "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Egress"], "egress": [
                 {"to": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "hotline"}}}], "ports": [{"port": 50051}]},
                 {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}]}},
            # Somebody who runs the doctor by hand sits where Postgres can be reached.
            {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "reader"},
             "spec": {"podSelector": {"matchLabels": READER}, "policyTypes": ["Egress"], "egress": [
                 {"to": [{"podSelector": {"matchLabels": POSTGRES}}], "ports": [{"port": 5432}]}]}},
            {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "postgres-reader"},
             "spec": {"podSelector": {"matchLabels": POSTGRES}, "policyTypes": ["Ingress"], "ingress": [
                 {"from": [{"podSelector": {"matchLabels": READER}}], "ports": [{"port": 5432}]}]}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": CLIENT, "labels": labels}, "spec": {
                "automountServiceAccountToken": False, "enableServiceLinks": False, "terminationGracePeriodSeconds": 1,
                "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001,
                                    "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{**container, "name": "client", "image": self.images["client"], "args": ["wait"]}],
                "volumes": [
                    {"name": "ledgers", "emptyDir": {}},
                    {"name": "etc", "projected": {"sources": [
                        {"configMap": {"name": CLIENT}},
                        secret("hotline-token-signer", {"private.pem": "secrets/test-key/private.pem"}),
                        pair("hotline-smoke-tls", "tls"),
                        pair("hotline-province-tls", "platform")]}}]}},
        ])
        kubectl("wait", f"pod/{CLIENT}", "--for=condition=Ready", "--timeout=120s")


def shared():
    """What k8s/base has beside its namespace: of the whole cluster."""
    kinds = "priorityclasses,validatingadmissionpolicies,validatingadmissionpolicybindings"
    names = run("kubectl", "get", kinds, "-o", "name").split()
    return {name for name in names if name.rpartition("/")[2].startswith("hotline-")}


def take_namespace(namespace, kustomization):
    """Makes a namespace that the test may end again."""
    done = kubectl("get", "namespace", namespace, "-o", "json", check=False)
    if done.returncode == 0 and OURS not in json.loads(done.stdout)["metadata"].get("labels", {}):
        raise Failed(f"this cluster has a namespace {namespace} that no test made: a test would end what runs in it")
    run("kubectl", "apply", "-k", kustomization)
    kubectl("label", "--overwrite", "namespace", namespace, f"{OURS}=true")


def psql(database, sql):
    """As the superuser, in the Postgres of the stand."""
    return kubectl("exec", "postgres-0", "--", "psql", "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-Atc", sql).strip()


def stored(secret, key):
    """What a Secret has under a key."""
    return base64.b64decode(kube.get("secret", secret)["data"][key]).decode()


def store(secret, values):
    """Puts texts under keys of a Secret that exists."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    kubectl("patch", "secret", secret, "--patch", json.dumps({"data": data}))


class Load:
    """Calls at a steady rate while the block runs; afterwards `told` says what became of them."""

    def __init__(self, name, rate):
        self.name, self.rate, self.told = name, rate, None

    def __enter__(self):
        command = ["kubectl", "-n", kube.NAMESPACE, "exec", "-i", CLIENT, "--", "/usr/bin/cluster-client", "load",
                   "--config", "/etc/hotline/smoke.toml", "--platform-config", "/etc/hotline/platform.toml",
                   "--ledgers", "/ledgers", "--run", self.name, "--rate", str(self.rate)]
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # It says when it calls.
        if not select.select([self.process.stdout], [], [], 60)[0]:
            self.process.kill()
        if not self.process.stdout.readline():
            raise Failed(f"the load client: {self.process.communicate()[1].strip()[-500:]}")
        self.since = time.monotonic()
        return self

    def __exit__(self, *_):
        within = time.monotonic() - self.since
        try:
            out, error = self.process.communicate("", timeout=240)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failed("the load client does not end") from None
        if self.process.returncode != 0:
            raise Failed(f"the load client: {error.strip()[-500:]}")
        self.told = json.loads(out) | {"within": within, "rate": self.rate}


def check():
    """What the ledgers say against what the services have."""
    out = kubectl("exec", CLIENT, "--", "/usr/bin/cluster-client", "check", "--config", "/etc/hotline/smoke.toml", "--ledgers", "/ledgers")
    return json.loads(out)


def images():
    """Names of the images, by the settings of this run."""
    version = next(line.split('"')[1] for line in pathlib.Path("Cargo.toml").read_text(encoding="utf-8").splitlines() if line.startswith("version = "))
    chosen = {
        "hotline": os.environ.get("HOTLINE_IMAGE", f"localhost/hotline:{version}"),
        "next": os.environ.get("HOTLINE_NEXT_IMAGE", ""),
        "client": os.environ.get("HOTLINE_CLIENT_IMAGE", f"localhost/hotline-cluster-client:{version}"),
        "postgres": os.environ.get("POSTGRES_IMAGE", "postgres:17.6-bookworm"),
        "redis": os.environ.get("REDIS_IMAGE", "redis:7.4.5-bookworm"),
        "haproxy": os.environ.get("HAPROXY_IMAGE", "haproxy:3.0"),
        "prometheus": os.environ.get("PROMETHEUS_IMAGE", "prom/prometheus:v3.16.0"),
    }
    for what, image in chosen.items():
        if image and ":" not in image.rsplit("/", 1)[-1]:
            raise Failed(f"the image {image} ({what}) has no tag; nobody could say what was tested")
    return chosen
