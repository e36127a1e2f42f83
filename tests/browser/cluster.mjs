/*
 * A cluster as the page sees it: guests of two nodes with everything a
 * hypervisor tells of them, its accounts, and what happens on its buttons.
 */
const GIB = 2 ** 30;

export const tagStyles = {
	prod: { background: '#b02318', color: '#ffffff' },
	web: { background: '#ffd166', color: '#fff3d0' }, /* hard to read */
	db: { background: '#0b7285', color: '#ffffff' },
};

export const realms = [
	{ profile: 'home', realm: 'pam',
		comment: 'Linux PAM standard authentication', default: false },
	{ profile: 'home', realm: 'pve',
		comment: 'Proxmox VE authentication server', default: true },
];

export const users = {
	'anna@pve': { password: 'right' },
	'tom@pve': { password: 'right', totp: '123456',
		recovery: '0a1b-2c3d-4e5f-6071' },
	'key@pve': { password: 'right', other: true },
};

const verbs = {
	running: ['shutdown', 'reboot', 'suspend', 'reset', 'stop'],
	paused: ['resume', 'stop'],
	stopped: ['start'],
};

export function powerOf(guest) {
	if (guest.type === 'node' || guest.template)
		return [];
	return (verbs[guest.status] ?? []).filter((v) =>
		guest.type === 'qemu' || (v !== 'reset' && v !== 'suspend'));
}

const STOPPED = 'The guest is not running. Start it first.';
const TEMPLATE = 'It is a template: templates do not run.';

function kindsOf(guest) {
	const none = guest.template ? TEMPLATE :
		guest.status === 'stopped' ? STOPPED : '';
	const can = (reason) => none || reason ?
		{ available: false, reason: none || reason } : { available: true };

	return {
		vnc: can(''),
		serial: can(guest.type !== 'qemu' || guest.serial ? '' :
			'It has no serial port; add one with `qm set ID -serial0 ' +
			'socket`.'),
		spice: can(guest.type !== 'qemu' || guest.qxl ? '' :
			'It has no SPICE display: its `vga` is neither qxl nor ' +
			'virtio.'),
	};
}

/* After a change of its status: what may be done, and which consoles. */
export function settle(guest) {
	guest.power = powerOf(guest);
	guest.kinds = kindsOf(guest);
	if (guest.marks) {
		guest.marks.cpu = guest.status === 'running' ? guest.load : null;
		guest.marks.memory = guest.status === 'running' ? guest.used : null;
		guest.marks.uptime = guest.status === 'running' ? 86400 * 3 : null;
	}
	return guest;
}

function make(type, id, name, node, status, more = {}) {
	const max = (more.gib ?? 4) * GIB;

	return settle({
		id: `home/${type}/${id}`, profile: 'home', name, type, node,
		status, pool: null, tags: [], load: 0.04, used: max * 0.3,
		rights: ['view', 'control', 'power'], snapshots: type !== 'node',
		marks: type === 'node' ? null : {
			cpu: null, cpus: 2, memory: null, memory_max: max,
			uptime: null, agent: null, audio: false, usb: false,
			clipboard: false, os: type === 'qemu' ? 'l26' : 'debian' },
		...more,
	});
}

export function makeCluster() {
	const web1 = make('qemu', 100, 'web1', 'pve1', 'running', {
		tags: ['prod', 'web'], pool: 'shop', load: 0.12, used: 2.6 * GIB,
		serial: true });
	const desk1 = make('qemu', 101, 'desk1', 'pve1', 'running', {
		tags: ['desk'], gib: 16, load: 0.83, used: 15.1 * GIB, qxl: true });
	const guests = [
		web1, desk1,
		make('qemu', 102, 'asleep', 'pve1', 'stopped', { serial: true }),
		make('qemu', 104, 'billing-database-primary', 'pve2', 'running', {
			tags: ['prod', 'db'], pool: 'shop', gib: 64, load: 0.41,
			used: 48 * GIB }),
		make('qemu', 105, 'held', 'pve2', 'paused', { tags: ['test'] }),
		make('qemu', 109, 'golden', 'pve1', 'stopped', { template: true,
			snapshots: false }),
		make('lxc', 200, 'proxy', 'pve1', 'running', { gib: 0.5,
			used: 0.2 * GIB, tags: ['web'] }),
		make('lxc', 210, 'gitea', 'pve2', 'running', { gib: 2, load: 0.02,
			used: 0.9 * GIB, pool: 'shop' }),
		make('node', 'pve1', 'pve1', 'pve1', 'running'),
		make('node', 'pve2', 'pve2', 'pve2', 'running'),
	];

	Object.assign(web1.marks, { agent: true, os: 'l26' });
	Object.assign(desk1.marks, { agent: false, audio: true, usb: true,
		clipboard: true, os: 'win11', cpus: 8 });
	return guests;
}

export function makeSnapshots() {
	return [
		{ name: 'before-update', description: 'Debian 12.9 to 12.10',
			time: 1763560920, memory: true },
		{ name: 'fresh', description: '', time: 1761998400, memory: false },
	];
}

/* What the guest is after a verb. */
export function apply(guest, verb) {
	guest.status = { stop: 'stopped', shutdown: 'stopped',
		suspend: 'paused' }[verb] ?? 'running';
	return settle(guest);
}
