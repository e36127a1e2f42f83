/*
 * The cluster's own CA and a certificate for each node, made by openssl, with
 * the subjects that Proxmox gives them.
 */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const openssl = (...args) => promisify(execFile)('openssl', args);
const BITS = 'rsa:2048';

export async function makeCa(dir) {
	const key = path.join(dir, 'pve-root-ca.key');
	const pem = path.join(dir, 'pve-root-ca.pem');

	await mkdir(dir, { recursive: true });
	await openssl('req', '-x509', '-newkey', BITS, '-nodes', '-days', '30',
		'-keyout', key, '-out', pem, '-subj',
		'/CN=Proxmox Virtual Environment/OU=lab/O=PVE Cluster Manager CA',
		'-addext', 'keyUsage=critical,keyCertSign,cRLSign');
	return { key, pem, text: await readFile(pem, 'utf8') };
}

/* The folder is what QEMU calls an x509-dir. */
export async function makeNodeCertificate(ca, dir, name, domain, addresses) {
	const file = (leaf) => path.join(dir, leaf);
	const names = ['localhost', name, `${name}.${domain}`];

	await mkdir(dir, { recursive: true });
	await writeFile(file('extensions'), 'basicConstraints=CA:FALSE\n' +
		'extendedKeyUsage=serverAuth\nsubjectAltName=' + [
		...addresses.map((a) => `IP:${a}`),
		...names.map((n) => `DNS:${n}`)].join(',') + '\n');
	await openssl('req', '-newkey', BITS, '-nodes', '-keyout',
		file('server-key.pem'), '-out', file('csr.pem'), '-subj',
		`/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN=${name}.${
			domain}`);
	await openssl('x509', '-req', '-in', file('csr.pem'), '-days', '30',
		'-CA', ca.pem, '-CAkey', ca.key, '-set_serial',
		String(Date.now()), '-extfile', file('extensions'),
		'-out', file('server-cert.pem'));
	await writeFile(file('ca-cert.pem'), ca.text);
	return readNodeCertificate(dir);
}

async function readNodeCertificate(dir) {
	const cert = await readFile(path.join(dir, 'server-cert.pem'), 'utf8');
	const x509 = new X509Certificate(cert);

	return {
		dir, cert,
		key: await readFile(path.join(dir, 'server-key.pem'), 'utf8'),
		fingerprint: x509.fingerprint256,
		subject: x509.subject.split('\n').join(','),
	};
}
