/*
 * From an API token of Proxmox VE to the URL of a guest's screen, by way of a
 * payload (docs/payload.md). Nothing but Node 18 or newer is needed:
 *
 *	npx esbuild proxmox-payload.ts --outfile=proxmox-payload.mjs
 *	node proxmox-payload.mjs
 *
 * The environment says what to open:
 *
 *	PROXMOX_URL      https://pve1.lan:8006
 *	PROXMOX_TOKEN    ops@pve!gate=00000000-0000-0000-0000-000000000000
 *	PROXMOX_NODE     pve1
 *	PROXMOX_TYPE     qemu or lxc
 *	PROXMOX_VMID     100
 *	GLASSBRIDGE_URL  https://vm.example: where the browser finds the gateway
 *	SIGNATURE_KEY    the gateway's, 64 hexadecimal digits
 *
 * Where the cluster's certificate is its own, NODE_EXTRA_CA_CERTS names its CA
 * (/etc/pve/pve-root-ca.pem). The URL is good for some ten seconds, the time
 * that Proxmox VE waits for its console to be opened: make it when it is asked
 * for. It holds the console's password, so it is a secret; behind '#' it stays
 * out of logs.
 */
import { createCipheriv, randomBytes } from 'node:crypto';

interface Guest {
	node: string;
	type: 'qemu' | 'lxc';
	vmid: number;
}

/* What vncproxy answers; servers before 2026-04 may leave the password out. */
interface Console {
	ticket: string;
	port: string | number;
	password?: string;
}

function setting(name: string, otherwise?: string): string {
	const value = process.env[name] ?? otherwise;

	if (!value)
		throw new Error(`${name} is not set`);
	return value;
}

/* Ask the hypervisor for a console: one answer is good for one WebSocket. */
async function openConsole(base: URL, token: string, guest: Guest):
		Promise<Console> {
	const { node, type, vmid } = guest;
	const form = new URLSearchParams({ websocket: '1' });

	/* an old server's password would be eight known letters without it; for
	 * containers it is an unknown parameter */
	if (type === 'qemu')
		form.set('generate-password', '1');
	const answer = await fetch(
		new URL(`/api2/json/nodes/${node}/${type}/${vmid}/vncproxy`, base),
		{
			method: 'POST',
			headers: { authorization: `PVEAPIToken=${token}` },
			body: form,
		});

	if (!answer.ok)
		throw new Error(`${base.host}: ${answer.status} ${answer.statusText}`);
	const { data } = await answer.json() as { data: Console };

	return data;
}

/* AES-256-CBC over JSON, each time with another IV. */
function seal(facts: object, key: string): string {
	const iv = randomBytes(16);
	const cipher = createCipheriv('aes-256-cbc', Buffer.from(key, 'hex'), iv);
	const sealed = Buffer.concat(
		[cipher.update(JSON.stringify(facts), 'utf8'), cipher.final()]);

	return `${iv.toString('hex')}:${sealed.toString('hex')}`;
}

function screenUrl(gateway: string, payload: string, password: string): string {
	const url = new URL('vnc.html', gateway.replace(/\/*$/, '/'));

	url.hash = new URLSearchParams({
		autoconnect: 'true',
		resize: 'scale',
		password,
		path: `?payload=${payload}`,
	}).toString();
	return url.href;
}

async function main(): Promise<void> {
	const base = new URL(setting('PROXMOX_URL'));
	const token = setting('PROXMOX_TOKEN');
	const key = setting('SIGNATURE_KEY');
	const guest: Guest = {
		node: setting('PROXMOX_NODE'),
		type: setting('PROXMOX_TYPE', 'qemu') === 'lxc' ? 'lxc' : 'qemu',
		vmid: Number(setting('PROXMOX_VMID')),
	};

	if (!/^[0-9a-fA-F]{64}$/.test(key))
		throw new Error('SIGNATURE_KEY has to be 64 hexadecimal digits');
	const console_ = await openConsole(base, token, guest);
	const payload = seal({
		...guest,
		host: base.host, // with its port, where that is not 443
		ticket: `PVEAPIToken=${token}`,
		vncticket: console_.ticket,
		port: console_.port,
	}, key);
	/* VNC looks at eight bytes */
	const password = (console_.password ?? console_.ticket).slice(0, 8);

	console.log(screenUrl(setting('GLASSBRIDGE_URL'), payload, password));
}

main().catch((error: Error) => {
	console.error(`proxmox-payload: ${error.message}`);
	process.exitCode = 1;
});
