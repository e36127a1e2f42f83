/* The cluster: everything that is shared, and the counters of a test. */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { Access } from './access.mjs';
import { Api } from './api.mjs';
import { makeCa, makeNodeCertificate } from './certs.mjs';
import { Control } from './control.mjs';
import { FAULTS } from './faults.mjs';
import { Guest } from './guest.mjs';
import { after, makeLimits } from './limits.mjs';
import { Node } from './node.mjs';
import { Roots } from './programs.mjs';
import { Spiceterms } from './spiceterm.mjs';
import { Tasks } from './tasks.mjs';
import { Tickets } from './tickets.mjs';
import * as world from './world.mjs';

const NODE_NAMES = ['pve1', 'pve2'];
const TRIES = 50;
const REQUESTS_KEPT = 2000;
const SECRETS_KEPT = 5000;

export class Lab {
	/* options: {mode, name, base, dir, eager, verbose, scale, limits} */
	constructor(options) {
		this.isNew = options.mode === 'new';
		this.mode = options.mode;
		this.name = options.name;
		this.domain = `${options.name}.test`;
		this.isEager = options.eager;
		this.isVerbose = options.verbose;
		this.base = options.base;
		this.ownsDir = !options.dir;
		this.dir = options.dir ??
			mkdtempSync(path.join(os.tmpdir(), 'glassbridge-pve.'));
		mkdirSync(this.dir, { recursive: true, mode: 0o700 });
		this.limits = makeLimits(options.scale, options.limits);
		this.users = world.makeUsers();
		this.tokens = world.makeTokens();
		this.acl = world.makeAcl();
		this.domains = world.makeDomains();
		this.tickets = new Tickets(this);
		this.access = new Access(this);
		this.tasks = new Tasks(this);
		this.api = new Api(this);
		this.roots = new Roots(this.dir);
		this.spiceterms = new Spiceterms(this);
		this.nodes = new Map();
		this.tunnels = new Set();
		this.faults = [];
		this.counters = {};
		this.requests = [];
		this.secrets = [];
		this.last = 0;
		this.guests = new Map(world.makeGuests().map(
			(facts) => [facts.vmid, new Guest(this, facts)]));
	}

	nextId() {
		return ++this.last;
	}

	log(text) {
		if (this.isVerbose)
			process.stderr.write(`pve: ${text}\n`);
	}

	count(name) {
		this.counters[name] = (this.counters[name] ?? 0) + 1;
	}

	/* Whatever was handed out that nobody else may see: for who searches. */
	mint(kind, text) {
		this.secrets.push({ kind, text });
		if (this.secrets.length > SECRETS_KEPT)
			this.secrets.shift();
		return text;
	}

	note(request) {
		this.count(`calls.${request.method}`);
		this.requests.push({ at: request.started / 1000,
			node: request.node.name, method: request.method,
			path: request.path, peer: request.peer });
		if (this.requests.length > REQUESTS_KEPT)
			this.requests.shift();
		this.log(`${request.node.name} ${request.method} ${request.path}`);
	}

	/* The answer of a fault that was asked for, once or more often. */
	takeFault(request) {
		const fault = this.faults.find((f) => f.left > 0 &&
			Boolean(f.isPage) === Boolean(request.isPage) &&
			new RegExp(f.match).test(`${request.method} ${request.path}`));

		if (!fault)
			return null;
		fault.left--;
		this.count('faults');
		return FAULTS[fault.kind](fault);
	}

	async start() {
		this.ca = await makeCa(path.join(this.dir, 'ca'));
		await this.startNodes();
		this.refresh();
		this.control = new Control(this);
		await this.control.listen(path.join(this.dir, 'control.sock'));
		if (this.isEager)
			await this.startMachines();
	}

	startMachines() {
		return Promise.all([...this.guests.values()]
			.filter((guest) => guest.type === 'qemu' && guest.isRunning)
			.map((guest) => guest.machine()));
	}

	/* Loopback addresses of their own, so that the usual ports are free. */
	async startNodes() {
		for (let n = 0; n < TRIES; n++) {
			const base = this.base ??
				`127.${randomInt(64, 250)}.${randomInt(1, 250)}`;

			try {
				await this.startNodesAt(base);
				return;
			} catch (error) {
				if (this.base || error.code !== 'EADDRINUSE')
					throw error;
			}
		}
		throw new Error('no loopback addresses are free');
	}

	async startNodesAt(base) {
		NODE_NAMES.forEach((name, i) => this.nodes.set(name,
			new Node(this, name, `${base}.${i + 1}`)));
		try {
			await Promise.all([...this.nodes.values()].map(async (node) => {
				await this.certify(node);
				await node.start();
			}));
		} catch (error) {
			for (const node of this.nodes.values())
				node.closeServers();
			throw error;
		}
	}

	async certify(node, ca = this.ca) {
		node.certificate = await makeNodeCertificate(ca,
			path.join(this.dir, node.name), node.name, this.domain,
			[node.address, '127.0.0.1', '::1']);
	}

	/* A node that nobody knows any more: another CA, another key. */
	async replaceCertificate(node) {
		await this.certify(node, await makeCa(
			path.join(this.dir, `other-ca.${this.nextId()}`)));
		node.closeServers();
		await node.start();
	}

	/* Nodes tell how their guests are now and then, not at once. */
	refresh() {
		for (const guest of this.guests.values())
			guest.shown = { uptime: Math.floor(
				(Date.now() - guest.startedAt) / 1000),
			status: guest.home.isUp ? guest.status : 'unknown' };
		clearTimeout(this.refreshTimer);
		this.refreshTimer = after(this.limits.lag, () => this.refresh());
	}

	facts() {
		return { mode: this.mode, name: this.name, domain: this.domain,
			dir: this.dir, control: this.control.path, pid: process.pid,
			ca: this.ca.pem,
			nodes: [...this.nodes.values()].map((node) => node.facts()),
			users: Object.fromEntries(Object.entries(this.users).map(
				([name, user]) => [name, user.password])),
			tokens: Object.fromEntries(Object.entries(this.tokens).map(
				([name, token]) => [name, token.secret])),
			totp_secret: world.TOTP_SECRET,
			recovery_codes: world.RECOVERY_CODES,
			guests: [...this.guests.values()].map((guest) => ({
				vmid: guest.vmid, type: guest.type, node: guest.node,
				name: guest.name, status: guest.status })) };
	}

	async stop() {
		await Promise.all([...this.nodes.values()]
			.filter((node) => node.isUp).map((node) => node.kill()));
		await this.spiceterms.stop();
		this.control.close();
		if (this.ownsDir)
			rmSync(this.dir, { recursive: true, force: true });
	}
}
