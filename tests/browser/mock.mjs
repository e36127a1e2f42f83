/*
 * The gateway as the page sees it, in memory: for developing the page and for
 * testing it where no gateway runs. Screens come from a real VNC server
 * (screen: {port}) or from fake-rfb.mjs.
 *
 *   node tests/browser/mock.mjs [--port 8800] [--guests 12] [--vnc PORT]
 *
 * --cluster: a Proxmox cluster's guests; accounts are in cluster.mjs.
 * token: "let-me-in"; links: /#t=once, /console/home%2F101#t=once
 */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { needed } from './packages.mjs';
import { apply, makeCluster, makeSnapshots, realms, tagStyles, users } from
	'./cluster.mjs';
import { FakeScreen } from './fake-rfb.mjs';
import { FakeSpice } from './fake-spice.mjs';
import { FakeShell } from './fake-shell.mjs';

const { WebSocketServer } = needed('ws');
const dist = fileURLToPath(new URL('../../web/dist/', import.meta.url));

export const policy = [
	"default-src 'none'", "script-src 'self'", "style-src 'self'",
	"img-src 'self' data: blob:", "connect-src 'self'", "base-uri 'none'",
	"form-action 'none'", "frame-ancestors 'none'", "frame-src 'self'",
].join('; ');

/* The document that draws SPICE stands in a frame, and it plays sound. */
export const spicePolicy = [
	"default-src 'none'", "script-src 'self'", "style-src 'self'",
	"img-src 'self' data:", "media-src blob:", "connect-src 'self'",
	"base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'",
].join('; ');

const types = {
	html: 'text/html; charset=utf-8', js: 'text/javascript',
	css: 'text/css', svg: 'image/svg+xml', txt: 'text/plain; charset=utf-8',
};

const names = ['web', 'db', 'mail', 'builder', 'desk', 'kiosk', 'proxy',
	'monitor', 'backup', 'gitea', 'router', 'lab'];
const tagSets = [['prod'], ['prod', 'customer'], [], ['test'],
	['windows', 'desk'], ['isolated'], [], ['prod', 'linux']];

export function makeGuests(n) {
	return Array.from({ length: n }, (_, i) => {
		const profile = n <= 12 ? i % 5 === 4 ? 'lab' : 'home' :
			['home', 'lab', 'boxes'][Math.floor(i / (n / 3))] ?? 'boxes';
		const type = profile === 'lab' ? 'static' :
			profile === 'boxes' ? 'sandbox' : i % 4 === 2 ? 'lxc' : 'qemu';
		const status = type === 'static' ? i % 7 === 5 ? 'unknown' :
			'running' : i % 6 === 3 ? 'stopped' : i % 17 === 7 ? 'paused' :
			'running';
		const base = names[i % names.length];
		const name = n > 12 ? `${base}-${Math.floor(i / names.length) + 1}` :
			base;
		const off = status === 'stopped';

		return {
			id: type === 'qemu' || type === 'lxc' ? `${profile}/${100 + i}` :
				`${profile}/${name}`,
			profile, name, type, status,
			node: profile === 'home' ? `pve${i % 3 + 1}` : '',
			tags: tagSets[i % tagSets.length],
			kinds: {
				vnc: off ? { available: false,
					reason: 'The guest is stopped. Start it first.' } :
					{ available: true },
				serial: (type === 'lxc' || i === 0) && !off ?
					{ available: true } : i % 3 ? { available: false,
						reason: 'The guest has no serial port.' } :
					undefined,
				spice: type === 'qemu' ? { available: false,
					reason: 'The display is not qxl or virtio.' } : undefined,
			},
		};
	});
}

const problems = {
	not_signed_in: [401, 'You are not signed in.', ''],
	login_failed: [401, 'The sign-in was refused.', ''],
	not_permitted: [403, 'Your token lacks "view" on this guest.', ''],
	link_used: [403, 'The link opened a console before.', ''],
	link_expired: [403, 'The link was valid until 10:42.', ''],
	busy: [409, 'anna@pve has had this console for 12 minutes.', ''],
	no_such_guest: [404, 'No profile knows this guest.', ''],
	guest_not_running: [409, 'The guest is stopped.', ''],
	hypervisor_unreachable: [502, 'pve2:8006 did not answer within 8 s.',
		'Check the network between the gateway and pve2.'],
	hypervisor_untrusted: [502, 'The certificate of pve2:8006 has changed.',
		'If it was renewed, store its new fingerprint.'],
	store_unavailable: [503, 'The store did not answer within 1 s.', ''],
	hypervisor_refused: [502, 'pve1 refused: VM is locked (backup)', ''],
	limit: [429, 'You have 64 consoles open, the most there may be.', ''],
	bad_request: [400, 'The request could not be read.', ''],
};

export class Mock {
	guests;
	signedIn = true;
	name = 'ops@pve';
	rights = ['view', 'control', 'admin'];
	deny = [];
	errors = [];
	over = [];          /* sessions that ended lately */
	refuse = '';        /* a word: POST consoles answers with it */
	stall = false;      /* nothing is answered any more, nothing closed */
	hold = false;       /* a WebSocket opens, the guest does not */
	startsMs = 0;       /* a guest's screen is up only so long after */
	noInput = false;    /* SPICE: the channel for input is refused */
	spice = new FakeSpice();
	spicePlace = null;  /* {host, port} of a real SPICE server */
	links = new Set(['once']);
	live = new Map();   /* session id -> {guest, socket, screen} */
	codes = new Map();
	methods = ['link', 'token'];
	realms = [];
	tagStyles = {};
	challenges = new Map(); /* id -> user */
	signInProblem = '';     /* a word: every account is refused with it */
	jobs = new Map();
	jobMs = 400;
	jobFails = '';          /* a sentence: jobs fail with it */
	snapshots = makeSnapshots();
	powered = [];           /* "verb guest" */
	asked = { consoles: 0, resumes: 0, guests: 0, most: 0 };
	sockets = new Set();
	channels = 0;
	protocols = [];     /* what SPICE's sockets asked with */

	constructor({ guests = 12, screen = null, prefix = '/' } = {}) {
		this.guests = makeGuests(guests);
		this.screen = screen;
		this.prefix = prefix;
		this.server = createServer((q, s) => void this.handle(q, s));
		this.ws = new WebSocketServer({
			noServer: true, handleProtocols: (p) => p.has('binary') ?
				'binary' : false,
		});
		this.server.on('connection', (socket) => {
			this.sockets.add(socket);
			socket.on('close', () => this.sockets.delete(socket));
		});
		this.server.on('upgrade', (q, socket, head) =>
			this.upgrade(q, socket, head));
	}

	/* A cluster's guests, and its accounts sign in. */
	cluster() {
		this.guests = makeCluster();
		this.tagStyles = tagStyles;
		this.realms = realms;
		this.methods = ['proxmox', 'link', 'token'];
	}

	listen(port = 0) {
		return new Promise((done) => this.server.listen(port, '127.0.0.1',
			() => done(this.base)));
	}

	get base() {
		return `http://127.0.0.1:${this.server.address().port}${this.prefix}`;
	}

	/* The network breaks: every connection is reset, none is accepted. */
	cut() {
		this.broken = true;
		for (const socket of this.sockets)
			socket.resetAndDestroy();
	}

	mend() {
		this.broken = false;
		this.stall = false;
	}

	/* The network goes silent: nothing arrives, nothing is closed. */
	silence() {
		this.stall = true;
	}

	endAll(code, reason) {
		for (const { socket } of this.live.values())
			socket.close(code, reason);
	}

	screens() {
		return [...this.live.values()].map((s) => s.screen);
	}

	async close() {
		for (const socket of this.sockets)
			socket.destroy();
		await new Promise((done) => this.server.close(done));
	}

	async handle(request, response) {
		if (this.broken) {
			request.socket.resetAndDestroy();
			return;
		}
		if (this.stall)
			return;
		const url = new URL(request.url, this.base);

		if (!url.pathname.startsWith(this.prefix)) {
			response.writeHead(404).end();
			return;
		}
		const where = url.pathname.slice(this.prefix.length);

		if (where.startsWith('api/'))
			await this.api(request, response, where);
		else
			await this.file(response, where);
	}

	async file(response, where) {
		const name = where === '' ? 'index.html' :
			where.startsWith('console/') ? 'console.html' : where;
		const slash = where.indexOf('/', 'console/'.length);

		if (where.startsWith('console/') && slash > 0) {
			const guest = encodeURIComponent(decodeURIComponent(
				where.slice('console/'.length)));

			response.writeHead(308, {
				Location: `${this.prefix}console/${guest}`,
			}).end();
			return;
		}
		const file = path.join(dist, path.normalize(`/${name}`));

		try {
			const data = await readFile(file);

			response.writeHead(200, {
				'Content-Type': types[path.extname(file).slice(1)] ??
					'application/octet-stream',
				'Content-Security-Policy': name === 'spice.html' ?
					spicePolicy : policy,
				'X-Content-Type-Options': 'nosniff',
			}).end(data);
		} catch {
			response.writeHead(404).end();
		}
	}

	json(response, status, value) {
		response.writeHead(status, {
			'Content-Type': status >= 400 ? 'application/problem+json' :
				'application/json',
		}).end(value === null ? '' : JSON.stringify(value));
	}

	problem(response, word) {
		const [status, detail, hint] = problems[word] ?? [500, word, ''];

		this.json(response, status, {
			type: `docs/troubleshooting.md#${word}`, status, code: word,
			title: word.replaceAll('_', ' '), detail, hint,
			id: randomBytes(4).toString('hex'), login: this.methods,
			realms: this.realms,
		});
	}

	async body(request) {
		const parts = [];

		for await (const part of request)
			parts.push(part);
		try {
			return JSON.parse(Buffer.concat(parts).toString() || '{}');
		} catch {
			return {};
		}
	}

	who() {
		return {
			user: { name: this.name, rights: this.rights, deny: this.deny },
			login: this.methods, realms: this.realms, version: '0.1.0',
		};
	}

	async api(request, response, where) {
		const body = await this.body(request);
		const part = where.slice('api/'.length).split('/')
			.map(decodeURIComponent);
		const call = `${request.method} ${part[0] === 'v1' ? part[1] :
			part[0]}`;

		if (call === 'GET status')
			return this.json(response, 200, { uptime: 1 });
		if (call.endsWith(' login'))
			return this.login(request.method, response, body);
		if (!this.signedIn)
			return this.problem(response, 'not_signed_in');
		if (call === 'GET guests' && part[3] === 'snapshots')
			return this.json(response, 200, { snapshots: this.snapshots });
		if (call === 'GET guests')
			return this.list(response, part[2]);
		if (call === 'POST guests')
			return this.act(response, part, body);
		if (call === 'GET jobs')
			return this.job(response, part[2]);
		if (call === 'POST consoles') {
			return part[3] === 'resume' ? this.resume(response, part[2]) :
				this.console(response, body);
		}
		if (call.endsWith(' sessions'))
			return this.sessions(request.method, response, part[2]);
		return this.problem(response, 'bad_request');
	}

	login(method, response, body) {
		if (method === 'DELETE') {
			this.signedIn = false;
			return this.json(response, 204, null);
		}
		if (method === 'POST') {
			if (body.link && !this.links.delete(body.link))
				return this.problem(response, body.link === 'old' ?
					'link_expired' : 'link_used');
			if (body.user || body.challenge)
				return this.account(response, body);
			if (!body.link && body.token !== 'let-me-in')
				return this.problem(response, 'login_failed');
			this.signedIn = true;
		}
		return this.signedIn ? this.json(response, 200, this.who()) :
			this.problem(response, 'not_signed_in');
	}

	/* A cluster's account: the password, then the second factor. */
	account(response, { user, realm, password, challenge, kind, value }) {
		const name = challenge ? this.challenges.get(challenge) :
			`${user}@${realm}`;
		const known = users[name];

		if (this.signInProblem)
			return this.problem(response, this.signInProblem);
		if (challenge && !known)
			return this.problem(response, 'link_expired');
		if (challenge ? known[kind] !== value : known?.password !== password)
			return this.problem(response, 'login_failed');
		if (!challenge && (known.totp || known.other)) {
			const id = randomBytes(6).toString('hex');

			this.challenges.set(id, name);
			return this.json(response, 200, { second_factor: {
				challenge: id, kinds: known.other ? [] :
					['totp', 'recovery'] } });
		}
		this.signedIn = true;
		this.name = name;
		return this.json(response, 200, this.who());
	}

	/* A power verb, or going back to a snapshot: a job for a while. */
	act(response, [, , id, what, name], { verb }) {
		const guest = this.guests.find((g) => g.id === id);
		const job = { id: randomBytes(6).toString('hex'), guest: id,
			what: what === 'power' ? verb : 'restore', state: 'running',
			task: `UPID:${guest?.node}:0001F2A3:018C9F10:6740D2B1:qm${verb ??
				'rollback'}:${id.split('/').pop()}:ops@pve:`,
			word: null, detail: null };

		if (!guest)
			return this.problem(response, 'no_such_guest');
		if (what === 'power' && !guest.power?.includes(verb))
			return this.problem(response, 'not_permitted');
		this.powered.push(`${job.what} ${name ?? guest.name}`);
		this.jobs.set(job.id, job);
		setTimeout(() => this.finish(job, guest, verb), this.jobMs);
		return this.json(response, 202, { job });
	}

	finish(job, guest, verb) {
		job.state = this.jobFails ? 'failed' : 'done';
		if (this.jobFails) {
			job.word = 'hypervisor_refused';
			job.detail = this.jobFails;
		} else if (verb) {
			apply(guest, verb);
		}
	}

	job(response, id) {
		const job = this.jobs.get(id);

		return job ? this.json(response, 200, { job }) :
			this.problem(response, 'bad_request');
	}

	async list(response, id) {
		if (id) {
			const guest = this.guests.find((g) => g.id === id);

			return guest ? this.json(response, 200, guest) :
				this.problem(response, 'no_such_guest');
		}
		this.asked.guests++;
		this.listing = (this.listing ?? 0) + 1;
		this.asked.most = Math.max(this.asked.most, this.listing);
		await new Promise((done) => setTimeout(done, 20));
		this.listing--;
		return this.json(response, 200, {
			guests: this.guests, errors: this.errors,
			tag_styles: this.tagStyles,
		});
	}

	console(response, { guest, kind, take_over: takeOver, rights }) {
		this.asked.consoles++;
		if (this.refuse && !(this.refuse === 'busy' && takeOver))
			return this.problem(response, this.refuse);
		if (rights?.some((r) => !this.rights.includes(r)))
			return this.problem(response, 'not_permitted');
		if (!this.guests.some((g) => g.id === guest))
			return this.problem(response, 'no_such_guest');
		return this.grant(response, guest, kind, rights);
	}

	grant(response, guest, kind, rights) {
		const id = randomBytes(6).toString('hex');
		const code = randomBytes(16).toString('hex');

		this.codes.set(id, { code, guest, kind, rights });
		return this.json(response, 201, {
			id, kind, ws: `/ws/${id}`, code, resume: `r-${id}`, rights,
			expires_at: Math.floor(Date.now() / 1000) + 60,
		});
	}

	resume(response, id) {
		const was = this.codes.get(id);

		this.asked.resumes++;
		if (this.refuse)
			return this.problem(response, this.refuse);
		if (!was)
			return this.problem(response, 'no_such_guest');
		return this.grant(response, was.guest, was.kind, was.rights);
	}

	sessions(method, response, id) {
		if (method === 'DELETE') {
			this.live.get(id)?.socket.close(4403, 'killed: ops@pve ended it.');
			return this.json(response, 204, null);
		}
		return this.json(response, 200, {
			sessions: [...this.live].map(([key, s]) => ({
				id: key, guest: s.guest, kind: s.kind, user: 'ops@pve',
				from: '192.0.2.7', word: null,
				state: this.hold || s.begins > Date.now() ? 'dialling' :
					'streaming',
				...s.begins > Date.now() ? { waiting: { seconds:
					Math.round((Date.now() - s.begins + this.startsMs) /
						1000) } } : {},
				detail: null, since: s.since,
				bytes_in: s.in, bytes_out: s.out,
			})).concat(this.over),
		});
	}

	upgrade(request, socket, head) {
		const url = new URL(request.url, this.base);
		const id = url.pathname.split('/').pop();

		if (this.broken || this.stall) {
			socket.destroy();
			return;
		}
		this.ws.handleUpgrade(request, socket, head, (ws) => {
			const plain = url.pathname.endsWith('/websockify');
			const wish = this.codes.get(id);
			const code = (request.headers['sec-websocket-protocol'] ?? '')
				.split(/, */).find((p) => p.startsWith('code.'));

			if (!plain && (!wish || code !== `code.${wish.code}`))
				ws.close(4401, 'link_used: This code was used before.');
			else if (wish?.kind === 'spice')
				this.channel(id, wish, ws, request.headers);
			else
				this.stream(id, wish ?? { guest: 'plain', kind: 'vnc' }, ws);
		});
	}

	/* One of the channels of a SPICE session: each has its own socket. */
	channel(id, { guest }, ws, headers) {
		const key = `${id} ${++this.channels}`;
		const send = (data) => {
			if (!this.stall && ws.readyState === 1)
				ws.send(data);
		};
		const feed = this.spicePlace ? realScreen(this.spicePlace, ws, send) :
			this.fakeChannel(ws, send);

		this.protocols.push(headers['sec-websocket-protocol']);
		this.live.set(key, { guest, socket: ws, screen: this.spice, in: 0,
			out: 0, since: Math.floor(Date.now() / 1000) });
		ws.on('close', () => {
			this.live.delete(key);
			this.spice.close();
		});
		ws.on('error', () => {});
		ws.on('message', (data) => {
			if (!this.stall && !this.hold)
				feed(data);
		});
	}

	fakeChannel(ws, send) {
		const channel = this.spice.connect(send);

		return (data) => {
			if (this.noInput && data[20] === 3)
				ws.close(4403, 'not_permitted: You may look only.');
			else
				channel.feed(data);
		};
	}

	stream(id, { guest, kind }, ws) {
		const session = {
			guest, kind, socket: ws, in: 0, out: 0, screen: null,
			since: Math.floor(Date.now() / 1000),
		};
		const send = (data) => {
			session.out += data.length;
			if (!this.stall && ws.readyState === 1)
				ws.send(data);
		};

		this.live.set(id, session);
		ws.on('close', () => this.live.delete(id));
		ws.on('error', () => {});
		if (this.hold)
			return;
		if (this.startsMs > 0) {
			session.begins = Date.now() + this.startsMs;
			setTimeout(() => this.begin(session, send), this.startsMs);
		} else {
			this.begin(session, send);
		}
	}

	begin(session, send) {
		const { guest, kind, socket: ws } = session;

		if (kind === 'serial') {
			this.terminal(session, guest, send);
			return;
		}
		const feed = this.screen ? realScreen(this.screen, ws, send) :
			fakeScreen(session, guest, send);

		ws.on('message', (data) => {
			session.in += data.length;
			if (!this.stall)
				feed(data);
		});
	}

	/* Binary messages are keys and output, text messages are notes. */
	terminal(session, guest, send) {
		const shell = new FakeShell(shellName(guest), send);

		session.screen = shell;
		session.socket.on('message', (data, binary) => {
			session.in += data.length;
			if (this.stall)
				return;
			if (binary)
				shell.feed(data);
			else
				shell.note(data.toString());
		});
	}
}

function shellName(guest) {
	return guest.split('/').pop();
}

function fakeScreen(session, guest, send) {
	session.screen = new FakeScreen(guest, send);
	return (data) => session.screen.feed(data);
}

function realScreen(where, ws, send) {
	const socket = connect(where);

	socket.on('data', send);
	socket.on('error', () => ws.close(4502,
		'backend_refused: The VNC server refused the connection.'));
	socket.on('end', () => ws.close(1000, 'guest_closed: The guest ended it.'));
	ws.on('close', () => socket.destroy());
	return (data) => socket.write(data);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const option = (name, otherwise) => {
		const i = process.argv.indexOf(`--${name}`);

		return i > 0 ? process.argv[i + 1] : otherwise;
	};
	const vnc = option('vnc', '');
	const mock = new Mock({
		guests: Number(option('guests', 12)),
		prefix: option('prefix', '/'),
		screen: vnc ? { host: '127.0.0.1', port: Number(vnc) } : null,
	});

	if (process.argv.includes('--cluster'))
		mock.cluster();
	console.log(await mock.listen(Number(option('port', 8800))));
}
