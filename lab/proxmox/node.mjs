/* One node: its address, certificate, ports, and its life and death. */
import { ApiServer } from './http.mjs';
import { Ports } from './line.mjs';
import { SpiceProxy } from './spiceproxy.mjs';

export const API_PORT = 8006;
export const SPICE_PORT = 3128;
const SPICE_FIRST = 61000, SPICE_LAST = 61998;

export class Node {
	constructor(lab, name, address) {
		this.lab = lab;
		this.name = name;
		this.address = address;
		this.isUp = false;
		this.hasDaemon = true;
		this.ports = new Ports();
		this.spicePorts = new Set();
		this.spiceUsers = new Map(); // port: told how many there are
		this.spiceCounts = new Map();
		this.port6 = 0;
	}

	/* Rejects where the address is somebody else's. */
	async start() {
		this.api = new ApiServer(this.lab, this);
		this.spice = new SpiceProxy(this.lab, this);
		try {
			await this.api.listen(this.address, API_PORT);
			await this.spice.listen(this.address, SPICE_PORT);
		} catch (error) {
			this.closeServers();
			throw error;
		}
		// where there is no IPv6, there is none
		this.port6 = await this.api.listen('::1', this.port6)
			.catch(() => 0);
		this.isUp = true;
	}

	/* After a power failure: guests that ran start anew. */
	async restart() {
		await this.start();
		for (const guest of this.guests())
			guest.startedAt = Date.now();
	}

	closeServers() {
		this.api?.close();
		this.spice?.close();
		this.ports.clear();
	}

	/* Cut off from clients, not from the cluster. */
	async setDeaf(isDeaf) {
		this.api.close();
		this.spice.close();
		if (!isDeaf)
			await this.start();
	}

	guests() {
		return [...this.lab.guests.values()]
			.filter((guest) => guest.node === this.name);
	}

	/* Power off: connections, listeners and machines, all at once. */
	async kill() {
		this.isUp = false;
		this.closeServers();
		await Promise.all(this.guests().map((guest) => guest.halt()));
	}

	takeSpicePort() {
		for (let port = SPICE_FIRST; port <= SPICE_LAST; port++) {
			if (!this.spicePorts.has(port)) {
				this.spicePorts.add(port);
				return port;
			}
		}
		throw new Error('unable to find free port (61000-61998)');
	}

	giveSpicePort(port) {
		this.spicePorts.delete(port);
	}

	useSpice(port, change) {
		const count = (this.spiceCounts.get(port) ?? 0) + change;

		this.spiceCounts.set(port, count);
		this.spiceUsers.get(port)?.(count);
	}

	facts() {
		return { name: this.name, address: this.address, isUp: this.isUp,
			hasDaemon: this.hasDaemon,
			api: `https://${this.address}:${API_PORT}`,
			api6: this.port6 ? `https://[::1]:${this.port6}` : null,
			spice: `${this.address}:${SPICE_PORT}`,
			fingerprint: this.certificate.fingerprint,
			subject: this.certificate.subject };
	}
}
