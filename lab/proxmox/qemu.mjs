/*
 * A real QEMU with a tiny guest: VNC on a Unix socket with a password that
 * expires, SPICE with TLS where the display is made for it, a serial line.
 * Always by emulation, never by looking for hardware help.
 */
import { execFile, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createWriteStream, existsSync, rmSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { failed } from './errors.mjs';
import { sleep } from './limits.mjs';

const run = promisify(execFile);
const LAB = fileURLToPath(new URL('../', import.meta.url));
export const CACHE = path.join(LAB, '../.cache/lab');
const APPEND = 'console=tty1 quiet loglevel=3 panic=-1 tsc=unstable ' +
	'nokaslr mitigations=off lab.name=';
const MIGRATION_SECONDS = 60;

let packed = null;

/* The guest's system is made once, at the first need. */
export function pack() {
	packed ??= run(path.join(LAB, 'guest/pack'));
	return packed;
}

/* The display a guest has: std, qxl, virtio, serial0, none... */
export function displayOf(config) {
	const [first, ...rest] = (config.vga ?? 'std').split(',');
	const named = [first, ...rest].find((part) => part.startsWith('type='));

	return named ? named.slice('type='.length) :
		first.includes('=') ? 'std' : first;
}

export function hasSpice(config) {
	return /^(qxl[234]?|virtio.*)$/.test(displayOf(config));
}

export function hasSerialDisplay(config) {
	return /^serial[0-3]$/.test(displayOf(config));
}

/* QEMU's control channel, on the child's own stdin and stdout. */
class Qmp {
	constructor(child) {
		this.child = child;
		this.waiting = [];
		child.stdin.on('error', () => {});
		createInterface({ input: child.stdout })
			.on('line', (line) => this.onLine(line));
		this.greeting = new Promise((done, fail) => {
			this.greet = done;
			child.once('exit', (code) => {
				fail(failed(`QEMU ended with ${code}`));
				this.giveUp();
			});
		});
		this.greeting.catch(() => {});
	}

	onLine(line) {
		const message = JSON.parse(line);

		if (message.QMP)
			this.greet();
		else if (!message.event)
			this.waiting.shift()?.(message);
	}

	giveUp() {
		for (const answer of this.waiting.splice(0))
			answer({ error: { desc: 'the guest has ended' } });
	}

	ask(execute, args = {}) {
		return new Promise((done, fail) => {
			if (this.child.exitCode !== null) {
				fail(failed('the guest has ended'));
				return;
			}
			this.waiting.push((message) => message.error ?
				fail(failed(message.error.desc)) : done(message.return));
			this.child.stdin.write(
				JSON.stringify({ execute, arguments: args }) + '\n');
		});
	}
}

function spiceArgs(node, port) {
	return ['-spice', `tls-port=${port},addr=${node.address},` +
		`x509-dir=${node.certificate.dir},tls-ciphers=HIGH,` +
		'seamless-migration=on'];
}

/* As Proxmox gives them to a guest with SPICE: agent, sound, one USB slot. */
const SPICE_DEVICES = ['-device', 'virtio-serial-pci',
	'-chardev', 'spicevmc,id=vdagent,name=vdagent',
	'-device', 'virtserialport,chardev=vdagent,name=com.redhat.spice.0',
	'-audiodev', 'spice,id=audio0', '-device', 'ich9-intel-hda',
	'-device', 'hda-micro,audiodev=audio0', '-device', 'qemu-xhci',
	'-chardev', 'spicevmc,id=usbredir,name=usbredir',
	'-device', 'usb-redir,chardev=usbredir'];

export class Machine extends EventEmitter {
	/* plan: {name, config, node, initrd, memory, serialTo} */
	constructor(lab, plan) {
		super();
		this.lab = lab;
		this.plan = plan;
		this.id = `${plan.name}.${lab.nextId()}`;
		this.vnc = this.file('vnc');
		this.serial = this.file('serial');
		this.qmpPath = this.file('qmp');
		this.spicePort = hasSpice(plan.config) ?
			plan.node.takeSpicePort() : null;
	}

	file(kind) {
		return path.join(this.lab.dir, `${this.id}.${kind}`);
	}

	displayArgs() {
		const { config, node } = this.plan;
		const kind = displayOf(config);
		const vga = kind.startsWith('qxl') ? 'qxl' :
			kind.startsWith('virtio') ? 'virtio' : 'std';

		if (hasSerialDisplay(config) || kind === 'none')
			return ['-vga', 'none'];
		return ['-vga', vga, '-vnc', `unix:${this.vnc},password=on`,
			...this.spicePort ? [...spiceArgs(node, this.spicePort),
				...SPICE_DEVICES] : []];
	}

	serialArgs() {
		if (this.plan.serialTo)
			return ['-serial', `unix:${this.plan.serialTo}`];
		return this.plan.config.serial0 === 'socket' ?
			['-serial', `unix:${this.serial},server=on,wait=off`] :
			['-serial', 'null'];
	}

	args(incoming) {
		const { name, memory = 128, initrd } = this.plan;

		return ['qemu-system-x86_64', '-name', name, '-nodefaults',
			'-no-user-config', '-accel', 'tcg,tb-size=32',
			'-m', String(memory), '-smp', '1', '-display', 'none',
			'-kernel', path.join(CACHE, 'vmlinuz'),
			'-initrd', initrd ?? path.join(CACHE, 'guest.img'),
			'-append', APPEND + name,
			...this.displayArgs(), ...this.serialArgs(),
			'-qmp', 'stdio',
			'-qmp', `unix:${this.qmpPath},server=on,wait=off`,
			...incoming ? ['-incoming', incoming] : []];
	}

	async start(incoming) {
		await pack();
		if (!existsSync(path.join(CACHE, 'vmlinuz')))
			throw failed('no kernel for guests: scripts/setup demo');
		// the process ends with us, however we end
		this.child = spawn('setpriv', ['--pdeathsig', 'TERM', '--',
			...this.args(incoming)], { stdio: ['pipe', 'pipe', 'pipe'] });
		this.child.stderr.pipe(createWriteStream(this.file('log')));
		this.child.on('error', () => this.emit('close'));
		this.child.on('exit', (code, signal) => this.onExit(code, signal));
		this.qmp = new Qmp(this.child);
		await this.qmp.greeting;
		await this.qmp.ask('qmp_capabilities');
		this.lab.count('machines.started');
		return this;
	}

	onExit(code, signal) {
		this.isOver = true;
		if (!this.isStopping)
			process.stderr.write(`lab: ${this.id} ended by itself: ${
				signal ?? code}, see ${this.file('log')}\n`);
		if (this.spicePort)
			this.plan.node.giveSpicePort(this.spicePort);
		for (const kind of ['vnc', 'serial', 'qmp'])
			rmSync(this.file(kind), { force: true });
		this.emit('close');
	}

	async stop() {
		if (this.isOver)
			return;
		const ended = new Promise((done) => this.once('close', done));

		this.isStopping = true;
		this.child.kill('SIGTERM');
		await Promise.race([ended, sleep(3)]);
		if (!this.isOver)
			this.child.kill('SIGKILL');
	}

	async setPassword(protocol, password, seconds) {
		this.lab.mint(`${protocol} password`, password);
		await this.qmp.ask('set_password', { protocol, password });
		await this.qmp.ask('expire_password', { protocol,
			time: `+${Math.max(1, Math.round(seconds))}` });
	}

	/* One slot a guest: who comes later makes the earlier one useless. */
	async connectVnc(password) {
		await this.setPassword('vnc', password,
			this.lab.limits.vnc_password);
		return net.connect(this.vnc);
	}

	/* Everything, as it is, to another QEMU; this one then ends. */
	async migrateTo(other) {
		const door = this.file('incoming');

		await other.start(`unix:${door}`);
		await this.qmp.ask('migrate', { uri: `unix:${door}` });
		for (let n = 0; n < MIGRATION_SECONDS * 10; n++) {
			const { status } = await this.qmp.ask('query-migrate');

			if (status === 'completed') {
				rmSync(door, { force: true });
				await this.stop();
				return;
			}
			if (status === 'failed')
				break;
			await sleep(0.1);
		}
		await other.stop();
		throw failed('migration aborted');
	}
}
