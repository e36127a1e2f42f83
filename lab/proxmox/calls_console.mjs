/*
 * Consoles: vncproxy, termproxy, spiceproxy, their shells of a node, and
 * vncwebsocket. Old and new servers differ here most.
 */
import { randomBytes } from 'node:crypto';
import { ApiError, failed, forbidden } from './errors.mjs';
import { findGuest, onGuest } from './calls_guest.mjs';
import { makeLine } from './line.mjs';
import { LastWords, Shell } from './programs.mjs';
import { boolean, integer, optional, string, words } from './schema.mjs';
import { Termproxy } from './termproxy.mjs';
import { makeVncPassword } from './tickets.mjs';
import { Vncterm } from './vncterm.mjs';

const SIZE = { width: optional(integer(16, 4096)),
	height: optional(integer(16, 2160)) };
const COMMAND = { cmd: words('login', 'upgrade', 'ceph_install'),
	'cmd-opts': optional(string()) };
const ADDRESS = optional(string({ pattern: /^[a-zA-Z0-9._:-]+$/,
	why: 'invalid format - value does not look like a valid address' }));

/* A console ticket holds for one guest, as which kind and on which node. */
function guestPath(params, type) {
	return `/vms/${params.vmid} ${type} ${params.node}`;
}

function nodePath(params) {
	return `/nodes/${params.node}`;
}

/* Counts what a client sends to the guest, and lets idle ones go. */
function watched(lab, guest, back) {
	const write = back.write.bind(back);

	back.write = (data) => {
		guest.record('vnc', data);
		return write(data);
	};
	back.setTimeout(lab.limits.vnc_idle * 1000, () => back.destroy());
	return back;
}

/* A line that is closed by the time somebody looks. */
function deadLine() {
	const [theirs, ours] = makeLine();

	ours.destroy();
	return theirs;
}

/*
 * The password and the ticket, as each generation hands them out. Without a
 * WebSocket, vncterm takes user and ticket, by VeNCrypt.
 */
function credentials(ctx, path, port, isPlain) {
	const { lab, user, params } = ctx;
	const ticket = lab.tickets.makeConsole(user, path, port);
	const hasPassword = isPlain && (lab.isNew || params['generate-password']);
	const password = hasPassword ? makeVncPassword() : undefined;
	if (password)
		lab.mint('vnc password', password);
	const shown = lab.isNew ? `${password ?? makeVncPassword()}:${ticket}` :
		ticket;

	return { ticket: shown, password, secret: password ?? shown,
		answer: { user, ticket: shown, port: String(port),
			cert: lab.ca.text, ...password ? { password } : {} } };
}

/*
 * Opens a port on the node that was asked; connect(credentials, end) makes
 * the back end when the one connection has come.
 */
function openVnc(ctx, { path, type, id, seconds, isPlain, connect }) {
	const { lab, node, user, params } = ctx;
	const task = lab.tasks.startOpen(params.node, type, id, user);
	let given;
	const port = node.ports.open(seconds, () => connect(given, task.end));

	given = credentials(ctx, path, port, isPlain);
	lab.count('mints.vnc');
	return { ...given.answer, upid: task.upid };
}

function drawn(ctx, program, { secret }, isPlain, end) {
	const [theirs, ours] = makeLine();
	const { width, height } = ctx.params;

	new Vncterm(ctx.lab, ours, program, { password: secret, width, height,
		plain: isPlain, onEnd: end });
	return theirs;
}

/* QEMU gets its password only now, when the connection is there. */
async function screenOf(ctx, guest, { secret }, end) {
	try {
		const machine = await guest.machine();
		const back = watched(ctx.lab, guest,
			await machine.connectVnc(secret));

		back.on('close', end);
		return back;
	} catch (error) {
		ctx.lab.log(`vnc ${guest.vmid}: ${error.message}`);
		end();
		return deadLine();
	}
}

function recorded(guest, kind, program) {
	const write = program.write.bind(program);

	program.write = (data) => {
		guest.record(kind, Buffer.from(data));
		write(data);
	};
	return program;
}

function vncOfGuest(ctx, type) {
	const guest = findGuest(ctx, type);
	const { lab, params } = ctx;
	const isPlain = !guest.isText || Boolean(params.websocket);

	return openVnc(ctx, { path: guestPath(params, type), isPlain,
		type: 'vncproxy', id: guest.vmid,
		seconds: guest.isText ? lab.limits.vncterm_wait :
			lab.limits.vnc_wait,
		connect: (given, end) => guest.isText ?
			drawn(ctx, recorded(guest, 'vncterm', guest.program()), given,
				isPlain, end) : screenOf(ctx, guest, given, end) });
}

function requireUser({ user }) {
	if (user.includes('!'))
		throw failed(`value '${user}' does not look like a valid user name`);
}

/* Only root@pam gets a shell at once, others a login. */
function nodeProgram(ctx) {
	const script = ctx.user === 'root@pam' ? 'shell' : 'login';

	if (!ctx.lab.nodes.get(ctx.params.node).isUp)
		return new LastWords('ssh: connect to host: No route to host');
	return new Shell(ctx.lab.roots.command(ctx.params.node, script));
}

function checkCommand({ lab, user, params }) {
	if (!lab.nodes.has(params.node))
		throw failed(`no such cluster node '${params.node}'`);
	if (params.cmd && params.cmd !== 'login' && user !== 'root@pam')
		throw forbidden('user != root@pam');
}

function vncOfNode(ctx) {
	const { lab, params } = ctx;
	const isPlain = Boolean(params.websocket);

	requireUser(ctx);
	checkCommand(ctx);
	return openVnc(ctx, { path: nodePath(params), type: 'vncshell', id: '',
		seconds: lab.limits.vncterm_wait, isPlain,
		connect: (given, end) => drawn(ctx, nodeProgram(ctx), given,
			isPlain, end) });
}

/*
 * Old ones ask the old ticket endpoint, which knows no tokens; new ones also
 * compare with the ticket that was handed out.
 */
function termLogin({ lab, user }, path, port, issued) {
	return (name, ticket) => {
		if (name !== user)
			return false;
		if (lab.isNew)
			return ticket === issued;
		return !user.includes('!') &&
			lab.tickets.isConsole(ticket, user, path, port);
	};
}

function openTerm(ctx, { path, id, start, onInput }) {
	const { lab, node, user, params } = ctx;
	const task = lab.tasks.startOpen(params.node, 'vncproxy', id, user);
	let issued;
	const port = node.ports.open(lab.limits.term_wait, () => {
		const [theirs, ours] = makeLine();

		new Termproxy(lab, ours, { start, onInput, onEnd: task.end,
			isRight: termLogin(ctx, path, port, issued) });
		return theirs;
	});

	issued = lab.tickets.makeConsole(user, path, port);
	lab.count('mints.term');
	return { user, ticket: issued, port: String(port), upid: task.upid };
}

function termOfGuest(ctx, type) {
	const guest = findGuest(ctx, type);

	return openTerm(ctx, { path: guestPath(ctx.params, type), id: guest.vmid,
		start: () => guest.program(ctx.params.serial),
		onInput: (data) => guest.record('term', data) });
}

function termOfNode(ctx) {
	if (!ctx.lab.isNew)
		requireUser(ctx);
	checkCommand(ctx);
	return openTerm(ctx, { path: nodePath(ctx.params), id: '',
		start: () => nodeProgram(ctx), onInput: () => {} });
}

function upgrade(path) {
	return ({ lab, user, params }) => {
		if (!lab.tickets.isConsole(params.vncticket, user, path(params),
			lab.isNew ? params.port : null))
			throw new ApiError(401,
				'permission denied - invalid PVEVNC ticket');
		return { port: String(params.port) };
	};
}

/* Everything a viewer needs, in the order of a hash: none. */
function spiceAnswer({ lab, at, params }, title, vmid, port, password) {
	const proxy = params.proxy ?? `${at.name}.${lab.domain}`;
	const shown = proxy.includes(':') ? `[${proxy}]` : proxy;

	lab.count('mints.spice');
	return { type: 'spice', title, proxy: `http://${shown}:3128`,
		host: lab.tickets.makeSpiceHost(vmid, at.name, port),
		'tls-port': port, password,
		ca: lab.ca.text.replaceAll('\n', '\\n'),
		'host-subject': lab.subject ?? at.certificate.subject,
		'secure-attention': 'Ctrl+Alt+Ins',
		'toggle-fullscreen': 'Shift+F11',
		'release-cursor': 'Ctrl+Alt+R', 'delete-this-file': 1,
		...at.toldOfSpice };
}

async function spiceOfQemu(ctx) {
	const guest = findGuest(ctx, 'qemu');
	const password = randomBytes(20).toString('hex');

	guest.requireRunning();
	if (!guest.hasSpice)
		throw failed('no spice port');
	const machine = await guest.machine();

	await machine.setPassword('spice', password,
		ctx.lab.limits.spice_password);
	return spiceAnswer(ctx, `VM ${guest.vmid} - ${guest.name}`, guest.vmid,
		machine.spicePort, password);
}

async function spiceOfText(ctx, title, vmid, type, program) {
	const password = randomBytes(20).toString('hex');
	const task = ctx.lab.tasks.startOpen(ctx.at.name, type, vmid || '',
		ctx.user);
	const port = await ctx.lab.spiceterms.start(ctx.at, program, password,
		task.end);

	return spiceAnswer(ctx, title, vmid, String(port), password);
}

function spiceOfContainer(ctx) {
	const guest = findGuest(ctx, 'lxc');

	guest.requireRunning();
	return spiceOfText(ctx, `CT ${guest.vmid}`, guest.vmid, 'spiceproxy',
		recorded(guest, 'spiceterm', guest.program()));
}

function spiceOfNode(ctx) {
	requireUser(ctx);
	checkCommand(ctx);
	return spiceOfText(ctx, `Shell on '${ctx.params.node}'`, 0,
		'spiceshell', nodeProgram(ctx));
}

const onNode = ({ lab, user, params }) => lab.access.require(user,
	`/nodes/${params.node}`, 'Sys.Console');

function callsOf(type) {
	const path = `/nodes/{node}/${type}/{vmid}`;
	const check = onGuest('VM.Console');
	const vnc = type === 'qemu' ? { 'generate-password': boolean } : SIZE;
	const term = type === 'qemu' ? { serial: words('serial0', 'serial1',
		'serial2', 'serial3') } : {};

	return [
		{ method: 'POST', path: `${path}/vncproxy`, check, isProtected: true,
			params: { websocket: boolean, ...vnc },
			run: (ctx) => vncOfGuest(ctx, type) },
		{ method: 'POST', path: `${path}/termproxy`, check, params: term,
			isProtected: true, run: (ctx) => termOfGuest(ctx, type) },
		{ method: 'POST', path: `${path}/spiceproxy`, check, onNode: true,
			isProtected: true, params: { proxy: ADDRESS },
			run: type === 'qemu' ? spiceOfQemu : spiceOfContainer },
		{ method: 'GET', path: `${path}/vncwebsocket`, check,
			params: UPGRADE, run: upgrade((p) => guestPath(p, type)) },
	];
}

const UPGRADE = { port: integer(5900, 5999),
	vncticket: string({ length: 512 }) };
const NODE_CALL = { method: 'POST', check: onNode, isProtected: true };

export const calls = [...callsOf('qemu'), ...callsOf('lxc'),
	{ ...NODE_CALL, path: '/nodes/{node}/vncshell', run: vncOfNode,
		params: { websocket: boolean, ...SIZE, ...COMMAND } },
	{ ...NODE_CALL, path: '/nodes/{node}/termproxy', run: termOfNode,
		params: COMMAND },
	{ ...NODE_CALL, path: '/nodes/{node}/spiceshell', run: spiceOfNode,
		onNode: true, params: { proxy: ADDRESS, ...COMMAND } },
	{ method: 'GET', path: '/nodes/{node}/vncwebsocket', check: onNode,
		params: UPGRADE, run: upgrade(nodePath) },
];
