/* Who and what there is: users, tokens, rights, guests, as fresh copies. */

/* Base32 of the one time-based second factor, and the paper codes. */
export const TOTP_SECRET = 'GLASSBRIDGELABTOTPSECRET';
export const RECOVERY_CODES = ['0a1b-2c3d-4e5f-6071', '8293-a4b5-c6d7-e8f9',
	'1234-5678-9abc-def0'];

export function makeUsers() {
	return {
		'root@pam': { password: 'lab', enable: 1 },
		'demo@pve': { password: 'demo', enable: 1 },
		'ops@pve': { password: 'ops', enable: 1 },
		'one@pve': { password: 'one', enable: 1 },
		'viewer@pve': { password: 'viewer', enable: 1 },
		'nobody@pve': { password: 'nobody', enable: 1 },
		'odd.name@pve': { password: 'p ä%&+;=s:s', enable: 1 },
		'gone@pve': { password: 'gone', enable: 0 },
		'tfa@pve': { password: 'tfa', enable: 1, totp: TOTP_SECRET,
			recovery: [...RECOVERY_CODES] },
		'key@pve': { password: 'key', enable: 1, webauthn: true },
	};
}

/* privsep 1: only what its own entries allow, and its user too. */
export function makeTokens() {
	return {
		'root@pam!full': { privsep: 0,
			secret: '11111111-aaaa-4aaa-8aaa-111111111111' },
		'ops@pve!gate': { privsep: 0,
			secret: '22222222-bbbb-4bbb-8bbb-222222222222' },
		'demo@pve!console': { privsep: 1,
			secret: '33333333-cccc-4ccc-8ccc-333333333333' },
		'demo@pve!empty': { privsep: 1,
			secret: '44444444-dddd-4ddd-8ddd-444444444444' },
	};
}

const GUEST = ['VM.Audit', 'VM.Console', 'VM.PowerMgmt', 'VM.Snapshot',
	'VM.Snapshot.Rollback', 'VM.GuestAgent.Audit', 'VM.Monitor',
	'VM.Backup'];

export const ROLES = {
	Administrator: [...GUEST, 'Sys.Audit', 'Sys.Console', 'Sys.Modify',
		'Sys.PowerMgmt', 'VM.Allocate', 'VM.GuestAgent.Unrestricted',
		'VM.Config.Options', 'Pool.Audit', 'Datastore.Audit'],
	PVEVMUser: GUEST,
	LabOperator: [...GUEST, 'Sys.Audit', 'Sys.Console'],
	LabViewer: ['VM.Audit'],
	LabConsole: ['VM.Audit', 'VM.Console'],
	NoAccess: [],
};

/* path, who, role, does it reach below the path */
export function makeAcl() {
	return [
		['/vms', 'demo@pve', 'PVEVMUser', 1],
		['/', 'ops@pve', 'LabOperator', 1],
		['/vms/100', 'one@pve', 'PVEVMUser', 1],
		['/pool/shop', 'one@pve', 'LabConsole', 1],
		['/vms', 'viewer@pve', 'LabViewer', 1],
		['/vms', 'odd.name@pve', 'PVEVMUser', 1],
		['/vms', 'tfa@pve', 'PVEVMUser', 1],
		['/vms', 'key@pve', 'PVEVMUser', 1],
		['/vms', 'demo@pve!console', 'LabConsole', 1],
	];
}

const DOMAINS = [
	{ realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' },
	{ realm: 'pve', type: 'pve', default: 1,
		comment: 'Proxmox VE authentication server' },
	{ realm: 'staff', type: 'ldap', tfa: 'oath', comment: 'Staff' },
];

export function makeDomains() {
	return DOMAINS.map((d) => ({ ...d }));
}

/*
 * A guest's config is what the API shows. `agent` beside it says whether
 * something in the guest answers.
 */
export function makeGuests() {
	const qemu = (vmid, node, status, config, more = {}) => ({
		vmid, node, status, type: 'qemu', answers: true, pool: null,
		config: { cores: 1, memory: '128', ostype: 'l26', boot: '',
			...config }, ...more });
	const lxc = (vmid, node, status, config, more = {}) => ({
		vmid, node, status, type: 'lxc', pool: null,
		config: { arch: 'amd64', ostype: 'alpine', cores: 1,
			memory: 64, net0: `name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:02:${
				String(vmid).slice(-2)},ip=dhcp,type=veth`,
			...config }, ...more });
	const serial0 = 'socket';

	return [
		qemu(100, 'pve1', 'running', { name: 'web1', serial0, agent: '1',
			tags: 'prod;web' }),
		qemu(101, 'pve1', 'running', { name: 'desk1', serial0,
			vga: 'type=qxl,memory=16', agent: 'enabled=1,type=virtio' },
		{ answers: false }),
		qemu(102, 'pve1', 'stopped', { name: 'asleep', serial0 }),
		qemu(103, 'pve1', 'running', { name: 'virt1', serial0,
			vga: 'virtio,clipboard=vnc' }, { pool: 'shop' }),
		qemu(104, 'pve1', 'running', { name: 'text1', serial0,
			vga: 'serial0' }),
		qemu(105, 'pve1', 'running', {}),
		qemu(109, 'pve1', 'stopped', { name: 'golden', template: 1 }),
		qemu(110, 'pve2', 'running', { name: 'web2', serial0, agent: '1' }),
		qemu(111, 'pve2', 'running', { name: 'desk2', serial0, vga: 'qxl' }),
		qemu(112, 'pve2', 'stopped', { name: 'locked', serial0,
			lock: 'backup' }),
		lxc(200, 'pve1', 'running', { hostname: 'ct1' }),
		lxc(201, 'pve1', 'stopped', { hostname: 'ct2' }),
		lxc(210, 'pve2', 'running', { hostname: 'ct3', cmode: 'shell' },
			{ pool: 'shop' }),
	];
}
