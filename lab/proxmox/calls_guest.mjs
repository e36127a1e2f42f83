/* A guest: how it is, its config, addresses, power and snapshots. */
import { failed } from './errors.mjs';
import { sleep } from './limits.mjs';
import { boolean, integer, optional, string } from './schema.mjs';

const SNAPNAME = string({ pattern: /^[a-zA-Z][\w-]*$/, length: 40 });

/* The guest of the path, as far as its node's files tell. */
export function findGuest({ lab, params }, type) {
	const guest = lab.guests.get(Number(params.vmid));
	const folder = type === 'qemu' ? 'qemu-server' : 'lxc';

	if (guest?.type !== type || guest.node !== params.node)
		throw failed(`Configuration file 'nodes/${params.node}/${folder}/${
			params.vmid}.conf' does not exist`);
	return guest;
}

/* May the caller do that to the guest in the path? */
export function onGuest(...rights) {
	return ({ lab, user, params }) => lab.access.require(user,
		`/vms/${params.vmid}`, ...rights);
}

function uptime(guest) {
	return guest.isRunning ?
		Math.floor((Date.now() - guest.startedAt) / 1000) : 0;
}

async function qmpStatus(guest) {
	if (!guest.isRunning)
		return 'stopped';
	if (!guest.current)
		return guest.isPaused ? 'paused' : 'running';
	return (await guest.current.qmp.ask('query-status')).status;
}

function offered(config, guest) {
	const serial = [0, 1, 2, 3].some((n) => config[`serial${n}`] === 'socket');

	return { ...guest.hasSpice ? { spice: 1 } : {},
		...serial ? { serial: 1 } : {},
		...isAgentOn(config) ? { agent: 1 } : {},
		.../clipboard=vnc/.test(config.vga ?? '') ?
			{ clipboard: 'vnc' } : {} };
}

async function current(ctx, type) {
	const guest = findGuest(ctx, type);
	const { config, vmid } = guest;
	const shared = { status: guest.isRunning ? 'running' : 'stopped',
		name: guest.name ?? `VM ${vmid}`, uptime: uptime(guest),
		cpus: config.cores, cpu: 0, mem: 0, ha: { managed: 0 },
		maxmem: Number(config.memory) * 2 ** 20,
		...config.lock ? { lock: config.lock } : {},
		...config.tags ? { tags: config.tags } : {},
		...config.template ? { template: 1 } : {} };

	return type === 'lxc' ? { ...shared, type: 'lxc', vmid: String(vmid) } :
		{ ...shared, vmid, qmpstatus: await qmpStatus(guest),
			...offered(config, guest) };
}

function isAgentOn(config) {
	return /^(1|enabled=1)(,|$)/.test(config.agent ?? '');
}

const LOOPBACK = { name: 'lo', 'hardware-address': '00:00:00:00:00:00' };

async function agentInterfaces(ctx) {
	const guest = findGuest(ctx, 'qemu');
	const low = guest.vmid % 256;
	const ip = (address, type, prefix) => ({ 'ip-address': address,
		'ip-address-type': type, prefix });

	if (!isAgentOn(guest.config))
		throw failed('No QEMU guest agent configured');
	if (!guest.isRunning)
		throw failed(`VM ${guest.vmid} is not running`);
	await sleep(ctx.lab.limits.agent);
	if (!guest.answers || guest.agentPends)
		throw failed('QEMU guest agent is not running');
	if (guest.isLonely)
		return { result: [{ ...LOOPBACK,
			'ip-addresses': [ip('127.0.0.1', 'ipv4', 8)] }] };
	return { result: [
		{ ...LOOPBACK, 'ip-addresses': [ip('127.0.0.1', 'ipv4', 8),
			ip('::1', 'ipv6', 128)] },
		{ name: 'eth0', 'hardware-address': `bc:24:11:00:00:${
			low.toString(16).padStart(2, '0')}`,
		'ip-addresses': [ip(`10.10.10.${low}`, 'ipv4', 24),
			ip(`fe80::be24:11ff:fe00:${low}`, 'ipv6', 64)],
		statistics: { 'rx-bytes': 1234, 'tx-bytes': 4321 } },
		{ name: 'wg0' }] };
}

function containerInterfaces(ctx) {
	const guest = findGuest(ctx, 'lxc');
	const low = guest.vmid % 256;
	const mac = `bc:24:11:00:02:${low.toString(16).padStart(2, '0')}`;
	const eth = { name: 'eth0', hwaddr: mac, 'hardware-address': mac,
		inet: `10.10.10.${low}/24`, inet6: `fe80::${low}/64` };

	if (!guest.isRunning)
		return null;
	if (ctx.lab.isNew)
		eth['ip-addresses'] = [
			{ 'ip-address': `10.10.10.${low}`, 'ip-address-type': 'inet',
				prefix: 24 },
			{ 'ip-address': `fe80::${low}`, 'ip-address-type': 'inet6',
				prefix: 64 }];
	const lo = { ...LOOPBACK, hwaddr: LOOPBACK['hardware-address'],
		inet: '127.0.0.1/8', inet6: '::1/128' };

	return guest.isLonely ? [lo] : [lo, eth];
}

/* Does the guest have to run for it, and what happens then. */
const POWER = {
	start: { isOn: false, act: (guest) => guest.start() },
	stop: { act: (guest) => guest.stop() },
	shutdown: { isOn: true, act: (guest) => guest.stop() },
	reboot: { isOn: true, act: (guest) => guest.reboot() },
	reset: { isOn: true, act: (guest) => guest.reboot() },
	suspend: { isOn: true, act: (guest) => guest.setPaused(true) },
	resume: { isOn: true, act: (guest) => guest.setPaused(false) },
};

function power(ctx, type, verb) {
	const guest = findGuest(ctx, type);
	const { isOn, act } = POWER[verb];
	const { word, vmid } = guest;

	if (guest.config.lock)
		throw failed(`${word} is locked (${guest.config.lock})`);
	if (guest.config.template && verb === 'start')
		throw failed(`you can't start a ${type === 'lxc' ? 'CT' : 'vm'} ` +
			"if it's a template");
	if (isOn === false && guest.isRunning)
		throw failed(`${word} ${vmid} already running`);
	if (isOn && !guest.isRunning)
		throw failed(`${word} ${vmid} not running`);
	return ctx.lab.tasks.startAction(guest.node,
		`${type === 'qemu' ? 'qm' : 'vz'}${verb}`, vmid, ctx.user, async () => {
			await act(guest);
			ctx.lab.log(`guest ${vmid}: ${verb} by ${ctx.user}`);
		});
}

function listSnapshots(ctx, type) {
	const guest = findGuest(ctx, type);
	const last = guest.parent ?? guest.snapshots.at(-1)?.name;

	return [...guest.snapshots, { name: 'current',
		description: 'You are here!', running: Number(guest.isRunning),
		...last ? { parent: last } : {} }];
}

function takeSnapshot(ctx, type) {
	const guest = findGuest(ctx, type);
	const { snapname: name, description = '', vmstate = 0 } = ctx.params;

	if (guest.snapshots.some((s) => s.name === name) || name === 'current')
		throw failed(`snapshot name '${name}' already used`);
	const parent = guest.parent ?? guest.snapshots.at(-1)?.name;
	const snapshot = { name, description,
		snaptime: Math.floor(Date.now() / 1000),
		...parent ? { parent } : {},
		...vmstate && guest.isRunning ? { vmstate: 1 } : {} };

	return ctx.lab.tasks.startAction(guest.node, `${
		type === 'qemu' ? 'qm' : 'vz'}snapshot`, guest.vmid, ctx.user, () => {
		guest.snapshots.push(snapshot);
		guest.parent = name;
	});
}

function findSnapshot(guest, name) {
	const snapshot = guest.snapshots.find((s) => s.name === name);

	if (!snapshot)
		throw failed(`snapshot '${name}' does not exist`);
	return snapshot;
}

/* Without its memory, a guest is off afterwards. */
function rollBack(ctx, type) {
	const guest = findGuest(ctx, type);
	const snapshot = findSnapshot(guest, ctx.params.snapname);

	return ctx.lab.tasks.startAction(guest.node, `${
		type === 'qemu' ? 'qm' : 'vz'}rollback`, guest.vmid, ctx.user,
	async () => {
		await guest.stop();
		guest.parent = snapshot.name;
		if (snapshot.vmstate || ctx.params.start)
			guest.start();
	});
}

function deleteSnapshot(ctx, type) {
	const guest = findGuest(ctx, type);
	const snapshot = findSnapshot(guest, ctx.params.snapname);

	return ctx.lab.tasks.startAction(guest.node, `${
		type === 'qemu' ? 'qm' : 'vz'}delsnapshot`, guest.vmid, ctx.user,
	() => {
		guest.snapshots = guest.snapshots.filter((s) => s !== snapshot);
	});
}

function callsOf(type) {
	const path = `/nodes/{node}/${type}/{vmid}`;
	const call = (method, leaf, rights, run, params, isProtected = true) => ({
		method, path: `${path}${leaf}`, onNode: true, isProtected, params,
		check: onGuest(...rights), run: (ctx) => run(ctx, type) });
	const verbs = Object.keys(POWER)
		.filter((verb) => type === 'qemu' || verb !== 'reset');

	return [
		call('GET', '/status/current', ['VM.Audit'], current),
		call('GET', '/config', ['VM.Audit'],
			(ctx) => ({ ...findGuest(ctx, type).config, digest:
				'da39a3ee5e6b4b0d3255bfef95601890afd80709' }),
			{ current: boolean, snapshot: optional(string()) }, false),
		...verbs.map((verb) => call('POST', `/status/${verb}`,
			['VM.PowerMgmt'], (ctx) => power(ctx, type, verb), {
				timeout: optional(integer(0, 1e6)), skiplock: boolean,
				forceStop: boolean, todisk: boolean })),
		call('GET', '/snapshot', ['VM.Audit'], listSnapshots, {}, false),
		call('POST', '/snapshot', ['VM.Snapshot'], takeSnapshot, {
			snapname: SNAPNAME, description: optional(string()),
			...type === 'qemu' ? { vmstate: boolean } : {} }),
		call('POST', '/snapshot/{snapname}/rollback',
			['VM.Snapshot', 'VM.Snapshot.Rollback'], rollBack,
			{ start: boolean }),
		call('DELETE', '/snapshot/{snapname}', ['VM.Snapshot'],
			deleteSnapshot, { force: boolean }),
	];
}

/* What waits for the guest's next start. */
function pending(ctx) {
	const guest = findGuest(ctx, 'qemu');
	const pends = guest.agentPends ? { value: '0' } : {};

	return Object.entries(guest.config).map(([key, value]) =>
		key === 'agent' && guest.agentPends ?
			{ key, ...pends, pending: value } : { key, value });
}

function mayAskAgent(ctx) {
	const rights = ctx.lab.isNew ?
		['VM.GuestAgent.Audit', 'VM.GuestAgent.Unrestricted'] :
		['VM.Monitor'];

	onGuest(...rights)(ctx);
}

export const calls = [...callsOf('qemu'), ...callsOf('lxc'),
	{ method: 'GET', onNode: true, isProtected: true, run: pending,
		path: '/nodes/{node}/qemu/{vmid}/pending',
		check: onGuest('VM.Audit') },
	{ method: 'GET', onNode: true, isProtected: true, run: agentInterfaces,
		path: '/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces',
		check: mayAskAgent },
	{ method: 'GET', onNode: true, isProtected: true,
		run: containerInterfaces, check: onGuest('VM.Audit'),
		path: '/nodes/{node}/lxc/{vmid}/interfaces' },
];
