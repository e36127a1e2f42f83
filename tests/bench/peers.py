"""Relays of others, as Debian packages them, set up like ours."""
import os
import shutil
import socket
import subprocess
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def certificate(folder):
    """ECDSA P-256, as ours; one file with certificate and key."""
    pem = os.path.join(folder, "both.pem")
    if not os.path.exists(pem):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
             "/CN=localhost", "-keyout", pem + ".key", "-out", pem + ".crt"],
            check=True, capture_output=True)
        with open(pem, "w") as both:
            for part in (".crt", ".key"):
                with open(pem + part) as text:
                    both.write(text.read())
    return pem


NGINX_HEAD = """
{module}
daemon off; master_process off; pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 16384; }}
"""
NGINX_HTTP = NGINX_HEAD + """
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port}{ssl};
    {certificate}
    location / {{
      proxy_pass {scheme}://127.0.0.1:{backend};
      proxy_http_version 1.1; proxy_read_timeout 600s;
      proxy_buffering off; proxy_ssl_verify off;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }}
  }}
}}
"""
NGINX_STREAM = NGINX_HEAD + """
stream {{
  server {{
    listen 127.0.0.1:{port}{ssl};
    {certificate}
    proxy_pass 127.0.0.1:{backend};
  }}
}}
"""
HAPROXY = """
global
  nbthread 1
  maxconn 4000
defaults
  mode {mode}
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
  {options}
frontend f
  bind 127.0.0.1:{port}{ssl}
  default_backend b
backend b
  server s 127.0.0.1:{backend}{backend_ssl}
"""
LIGHTTPD = """
server.document-root = "{folder}"
server.port = {port}
server.bind = "127.0.0.1"
server.max-connections = 8192
server.max-fds = 16384
server.modules = ( "mod_wstunnel"{module} )
{certificate}
wstunnel.server = ( "" => (( "host" => "127.0.0.1", "port" => {backend} )) )
wstunnel.frame-type = "binary"
"""


class Peers:
    def __init__(self, folder):
        self.folder = folder
        self.pem = certificate(folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def nginx(self, kinds, port, backend):
        client, to = kinds
        secure = client in ("tls", "wss")
        http = client in ("ws", "wss")
        module = "" if http else ("load_module "
                                  "/usr/lib/nginx/modules/ngx_stream_module.so;")
        text = (NGINX_HTTP if http else NGINX_STREAM).format(
            folder=self.folder, port=port, backend=backend, module=module,
            ssl=" ssl" if secure else "",
            scheme="https" if to == "wss" else "http",
            certificate="ssl_certificate {0}; ssl_certificate_key {0};"
            .format(self.pem) if secure else "")
        return ["nginx", "-c", self.write("nginx.conf", text),
                "-p", self.folder]

    def haproxy(self, kinds, port, backend):
        client, to = kinds
        http = client in ("ws", "wss")
        text = HAPROXY.format(
            port=port, backend=backend, mode="http" if http else "tcp",
            options="" if http else "option splice-auto",
            ssl=" ssl crt " + self.pem if client in ("tls", "wss") else "",
            backend_ssl=" ssl verify none" if to in ("tls", "wss") else "")
        return ["haproxy", "-db", "-f",
                self.write("haproxy.cfg", text)]

    def lighttpd(self, kinds, port, backend):
        secure = kinds[0] == "wss"
        text = LIGHTTPD.format(
            folder=self.folder, port=port, backend=backend,
            module=', "mod_openssl"' if secure else "",
            certificate='ssl.engine = "enable"\nssl.pemfile = "%s"'
            % self.pem if secure else "")
        return ["lighttpd", "-D", "-f", self.write("lighttpd.conf", text)]

    def websockify(self, kinds, port, backend):
        secure = (["--cert=" + self.pem, "--ssl-only"]
                  if kinds[0] == "wss" else [])
        return ["websockify", *secure, "127.0.0.1:%d" % port,
                "127.0.0.1:%d" % backend]

    def socat(self, kinds, port, backend):
        return ["socat", "-b", "65536",
                "TCP-LISTEN:%d,bind=127.0.0.1,fork,nodelay,backlog=128"
                % port, "TCP:127.0.0.1:%d,nodelay" % backend]

    def hitch(self, kinds, port, backend):
        return ["hitch", "--workers=1", "--user=nobody", "--quiet",
                "--frontend=[127.0.0.1]:%d" % port,
                "--backend=[127.0.0.1]:%d" % backend, self.pem]

    def start(self, name, kinds, backend):
        """(process, port), or None where it is not installed."""
        port = free_port()
        argv = getattr(self, name)(kinds, port, backend)
        if not shutil.which(argv[0]):
            return None
        with open(os.path.join(self.folder, name + ".out"), "ab") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log,
                                       start_new_session=True)
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return process, port
            if process.poll() is not None:
                break
            time.sleep(0.05)
        process.kill()
        process.wait()
        return None
