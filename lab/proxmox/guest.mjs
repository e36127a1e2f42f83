/*
 * One guest: what the API knows of it, and the real thing behind it, which is
 * started when first needed.
 */
import { EventEmitter } from 'node:events';
import { failed } from './errors.mjs';
import { LastWords, SerialLine, SharedShell } from './programs.mjs';
import { Machine, hasSerialDisplay, hasSpice } from './qemu.mjs';

const RECEIVED_MAX = 256 * 1024;

export class Guest {
	constructor(lab, facts) {
		Object.assign(this, facts);
		this.lab = lab;
		this.startedAt = Date.now();
		this.snapshots = [];
		this.isPaused = false;
		this.shown = { status: this.status };
		this.received = {};
	}

	get name() {
		return this.config.name ?? this.config.hostname;
	}

	get isRunning() {
		return this.status === 'running' && this.home.isUp;
	}

	get home() {
		return this.lab.nodes.get(this.node);
	}

	get word() {
		return this.type === 'qemu' ? 'VM' : 'CT';
	}

	get hasSpice() {
		return this.type === 'lxc' || hasSpice(this.config);
	}

	get isText() {
		return this.type === 'lxc' || hasSerialDisplay(this.config);
	}

	requireRunning() {
		if (!this.isRunning)
			throw failed(`${this.word} ${this.vmid} not running`);
	}

	/* What a client has sent to this guest, the last of it. */
	record(kind, data) {
		const before = this.received[kind] ??
			{ bytes: 0, last: Buffer.alloc(0) };

		this.received[kind] = { bytes: before.bytes + data.length,
			last: Buffer.concat([before.last, data])
				.subarray(-RECEIVED_MAX) };
	}

	/* The QEMU of this guest, running. */
	machine() {
		if (this.type !== 'qemu')
			throw failed('a container has no machine');
		this.requireRunning();
		this.starting ??= this.startMachine();
		return this.starting;
	}

	plan(node = this.home) {
		return { name: this.name ?? `vm${this.vmid}`, node,
			config: this.config };
	}

	async startMachine() {
		const machine = new Machine(this.lab, this.plan());

		try {
			await machine.start();
		} catch (error) {
			this.starting = null;
			throw error;
		}
		this.watch(machine);
		return machine;
	}

	/* A guest that ends by itself is stopped. */
	watch(machine) {
		this.current = machine;
		machine.once('close', () => {
			if (this.current !== machine)
				return;
			this.current = this.starting = null;
			if (this.home.isUp)
				this.status = 'stopped';
		});
	}

	attachContainer() {
		if (!this.shell || this.shell.isOver)
			this.shell = new SharedShell(
				this.lab.roots.command(this.name, 'shell'));
		return this.shell.attach();
	}

	/* What a terminal of this guest is connected to. */
	program(serial) {
		const device = serial ?? (hasSerialDisplay(this.config) ?
			this.config.vga : 'serial0');

		if (!this.isRunning)
			return new LastWords(`${this.word} ${this.vmid} not running`);
		if (this.type === 'lxc')
			return this.attachContainer();
		if (this.config[device] !== 'socket' || device !== 'serial0')
			return new LastWords('unable to find a serial interface');
		return this.current ? new SerialLine(this.current.serial) :
			new LaterSerial(this);
	}

	start() {
		this.status = 'running';
		this.isPaused = false;
		this.agentPends = false;
		this.startedAt = Date.now();
		if (this.lab.isEager && this.type === 'qemu')
			this.machine().catch((e) => this.lab.log(e.message));
	}

	/* Also when its node fails: then nothing says that it has stopped. */
	async halt() {
		const { current, shell } = this;

		this.current = this.starting = this.shell = null;
		shell?.stop();
		await current?.stop();
	}

	async stop() {
		this.status = 'stopped';
		await this.halt();
	}

	async reboot() {
		if (this.type === 'lxc')
			await this.halt();
		else
			await this.current?.qmp.ask('system_reset');
		this.startedAt = Date.now();
	}

	async setPaused(isPaused) {
		await this.current?.qmp.ask(isPaused ? 'stop' : 'cont');
		this.isPaused = isPaused;
	}

	/* A running machine moves as it is; a container starts again there. */
	async migrate(name) {
		const target = this.lab.nodes.get(name);

		if (!target?.isUp)
			throw failed(`no such cluster node '${name}'`);
		if (this.type === 'lxc') {
			await this.halt();
		} else if (this.current) {
			await this.moveMachine(new Machine(this.lab,
				this.plan(target)));
		}
		this.node = name;
		this.lab.log(`guest ${this.vmid} is on ${name} now`);
	}

	async moveMachine(to) {
		const from = this.current;

		this.current = to; // the old one's end is not the guest's
		try {
			await from.migrateTo(to);
		} catch (error) {
			this.current = from;
			throw error;
		}
		this.watch(to);
		this.starting = Promise.resolve(to);
	}
}

/* The serial line of a machine that has to be started first. */
class LaterSerial extends EventEmitter {
	constructor(guest) {
		super();
		this.held = [];
		guest.machine().then((machine) => this.open(machine), () => {
			this.emit('data', Buffer.from('the guest did not start\r\n'));
			this.emit('close');
		});
	}

	open(machine) {
		this.line = new SerialLine(machine.serial);
		this.line.on('data', (data) => this.emit('data', data));
		this.line.on('close', () => this.emit('close'));
		this.held.splice(0).forEach((data) => this.line.write(data));
		if (this.isLeft)
			this.line.leave();
	}

	write(data) {
		if (this.line)
			this.line.write(data);
		else
			this.held.push(data);
	}

	resize() {}

	leave() {
		this.isLeft = true;
		this.line?.leave();
	}
}
