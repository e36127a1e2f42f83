/* Nodes, the cluster's list of everything, tasks. */
import { ApiError, failed } from './errors.mjs';
import { integer, optional, words } from './schema.mjs';

const GIB = 2 ** 30;

function load(guest) {
	const memory = Number(guest.config.memory) * 2 ** 20;
	const isOn = guest.shown.status === 'running';

	return { cpu: isOn ? 0.02 : 0, maxcpu: guest.config.cores, maxmem: memory,
		mem: isOn ? memory / 2 : 0, maxdisk: 4 * GIB, disk: 0,
		diskread: 0, diskwrite: 0, netin: isOn ? 1234 : 0,
		netout: isOn ? 4321 : 0, uptime: isOn ? guest.shown.uptime : 0,
		...guest.type === 'qemu' ? { memhost: isOn ? memory : 0 } : {} };
}

/* Where a guest is, is known at once; how it is, lags behind. */
function guestResource(guest) {
	const { config } = guest;
	const isSilent = guest.shown.status === 'unknown';

	return { id: `${guest.type}/${guest.vmid}`, vmid: guest.vmid,
		type: guest.type, node: guest.node, status: guest.shown.status,
		template: config.template ?? 0,
		...guest.name === undefined ? {} : { name: guest.name },
		...guest.pool ? { pool: guest.pool } : {},
		...config.tags ? { tags: config.tags } : {},
		...config.lock ? { lock: config.lock } : {},
		...isSilent ? {} : load(guest) };
}

function nodeResource(node) {
	return { id: `node/${node.name}`, type: 'node', node: node.name,
		status: node.isUp ? 'online' : 'offline', level: '',
		...node.isUp ? { cpu: 0.1, maxcpu: 2, mem: 2 * GIB,
			maxmem: 8 * GIB, uptime: Math.floor(process.uptime()) } : {} };
}

function resources({ lab, user, params }) {
	const guests = [...lab.guests.values()]
		.filter((g) => lab.access.may(user, `/vms/${g.vmid}`, 'VM.Audit'))
		.map(guestResource);
	const nodes = [...lab.nodes.values()].map(nodeResource);
	const type = params.type;

	lab.count('listings');
	return [...!type || type === 'vm' ? guests : [],
		...!type || type === 'node' ? nodes : []];
}

function nodes({ lab, user }) {
	return [...lab.nodes.values()].map((node) => ({
		...lab.access.may(user, `/nodes/${node.name}`, 'Sys.Audit') ?
			nodeResource(node) : nodeResource({ ...node, isUp: false }),
		status: node.isUp ? 'online' : 'offline',
		ssl_fingerprint: node.certificate.fingerprint }));
}

function clusterStatus({ lab, node }) {
	const all = [...lab.nodes.values()];

	return [{ type: 'cluster', id: 'cluster', name: lab.name,
		nodes: all.length, quorate: 1, version: 2 },
	...all.map((n, i) => ({ type: 'node', id: `node/${n.name}`,
		name: n.name, nodeid: i + 1, ip: n.address, level: '',
		online: Number(n.isUp), local: Number(n === node) }))];
}

/* One's own tasks, or any with Sys.Audit on the node. */
function findTask({ lab, user, params }) {
	const task = lab.tasks.find(params.upid);

	if (task.node !== params.node)
		throw new ApiError(500, `no such task '${params.upid}'`);
	if (task.user !== user && task.user !== user.split('!')[0])
		lab.access.require(user, `/nodes/${params.node}`, 'Sys.Audit');
	return task;
}

function taskLog(ctx) {
	const task = findTask(ctx);
	const lines = task.status === 'running' ? ['starting'] :
		['starting', task.exitstatus === 'OK' ? 'TASK OK' :
			`TASK ERROR: ${task.exitstatus}`];

	return lines.map((t, i) => ({ n: i + 1, t }));
}

function listGuests(type) {
	return ({ lab, user, params }) => [...lab.guests.values()]
		.filter((g) => g.type === type && g.node === params.node &&
			lab.access.may(user, `/vms/${g.vmid}`, 'VM.Audit'))
		.map((g) => ({ vmid: g.vmid, name: g.name, status: g.isRunning ?
			'running' : 'stopped' }));
}

const sub = '/nodes/{node}';

export const calls = [
	{ method: 'GET', path: '/cluster/resources', run: resources,
		params: { type: words('vm', 'storage', 'node', 'sdn') } },
	{ method: 'GET', path: '/cluster/status', run: clusterStatus,
		check: ({ lab, user }) => lab.access.require(user, '/',
			'Sys.Audit') },
	// who may not audit the cluster is told what the page needs
	{ method: 'GET', path: '/cluster/options', run: ({ lab, user }) => ({
		'tag-style': { 'color-map': 'prod:cc2200:ffffff;web:ffd866' },
		...lab.access.may(user, '/', 'Sys.Audit') ?
			{ keyboard: 'de' } : {} }) },
	{ method: 'GET', path: '/nodes', run: nodes },
	{ method: 'GET', path: sub, onNode: true,
		run: () => [{ name: 'qemu' }, { name: 'lxc' }, { name: 'tasks' }] },
	{ method: 'GET', path: `${sub}/version`, onNode: true,
		run: ({ lab }) => ({ version: lab.isNew ? '9.1.9' : '8.3.2' }) },
	{ method: 'GET', path: `${sub}/qemu`, onNode: true, isProtected: true,
		run: listGuests('qemu') },
	{ method: 'GET', path: `${sub}/lxc`, onNode: true, isProtected: true,
		run: listGuests('lxc') },
	{ method: 'GET', path: `${sub}/tasks/{upid}/status`, onNode: true,
		isProtected: true, run: (ctx) => ({ ...findTask(ctx) }) },
	{ method: 'GET', path: `${sub}/tasks/{upid}/log`, onNode: true,
		isProtected: true, run: taskLog, params: {
			start: optional(integer(0, 1e9)),
			limit: optional(integer(0, 1e9)) } },
	{ method: 'DELETE', path: `${sub}/tasks/{upid}`, onNode: true,
		isProtected: true, run: (ctx) => {
			findTask(ctx);
			throw failed('the lab does not stop tasks');
		} },
];
