/*
 * spiceterm: a terminal as a SPICE server. Here a QEMU whose guest does
 * nothing but show a serial line on its screen; the program runs at the
 * line's other end. One for each spiceproxy call, gone with its last viewer.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { failed } from './errors.mjs';
import { after } from './limits.mjs';
import { CACHE, Machine, pack } from './qemu.mjs';

const MEMORY_MIB = 112;
const AT_ONCE_MAX = 8;
const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /bin /dev /proc
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
echo 0 >/proc/sys/kernel/printk
stty -F /dev/ttyS0 raw -echo
stty -F /dev/tty1 raw -echo
printf '\\033[2J\\033[H' >/dev/tty1
cat /dev/ttyS0 >/dev/tty1 &
while :; do
	cat /dev/tty1 >/dev/ttyS0
	sleep 1
done
`;

/* A later archive behind an earlier one replaces its files. */
async function makeInitrd(dir) {
	const root = path.join(dir, 'spiceterm.root');
	const image = path.join(dir, 'spiceterm.img');

	await pack();
	mkdirSync(root, { recursive: true });
	writeFileSync(path.join(root, 'init'), INIT);
	chmodSync(path.join(root, 'init'), 0o755);
	const more = execFileSync('cpio', ['--quiet', '-o', '-H', 'newc',
		'-R', '0:0'], { cwd: root, input: 'init\n' });

	writeFileSync(image, Buffer.concat([
		readFileSync(path.join(CACHE, 'guest.img')), more]));
	return image;
}

function listenAt(file) {
	return new Promise((done, fail) => {
		const server = net.createServer();

		server.once('error', fail);
		server.listen(file, () => done(server));
	});
}

export class Spiceterms {
	constructor(lab) {
		this.lab = lab;
		this.running = new Set();
	}

	/* The port of a new one that shows the program. */
	async start(node, program, password, onEnd) {
		if (this.running.size >= AT_ONCE_MAX)
			throw failed('too many spiceterms');
		this.initrd ??= makeInitrd(this.lab.dir);
		const door = path.join(this.lab.dir,
			`spiceterm.${this.lab.nextId()}.serial`);
		const server = await listenAt(door);
		const machine = new Machine(this.lab, { name: 'spiceterm', node,
			initrd: await this.initrd, memory: MEMORY_MIB,
			config: { vga: 'qxl' }, serialTo: door });

		server.once('connection', (line) => {
			line.on('data', (data) => program.write(data));
			line.on('error', () => line.destroy());
			program.on('data', (data) => line.write(data));
			server.close();
		});
		await machine.start();
		await machine.setPassword('spice', password,
			this.lab.limits.spiceterm_password);
		this.keep(node, machine, program, onEnd);
		return machine.spicePort;
	}

	/* It ends with its program, or when nobody looks on any more. */
	keep(node, machine, program, onEnd) {
		let timer = after(this.lab.limits.spiceterm_wait,
			() => machine.stop());

		this.running.add(machine);
		program.on('close', () => machine.stop());
		program.resize(80, 25);
		node.spiceUsers.set(machine.spicePort, (count) => {
			clearTimeout(timer);
			if (count === 0)
				timer = after(this.lab.limits.gone, () => machine.stop());
		});
		machine.on('close', () => {
			clearTimeout(timer);
			this.running.delete(machine);
			node.spiceUsers.delete(machine.spicePort);
			program.leave();
			onEnd();
		});
	}

	stop() {
		return Promise.all([...this.running].map((m) => m.stop()));
	}
}
