/*
 * What runs in a terminal: a shell of a container or a node, a guest's serial
 * line, or a line of text that says why there is nothing. All of them have
 * write, resize(cols, rows), leave, and the events data and close.
 */
import { execFileSync, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const TERMINAL = fileURLToPath(new URL('terminal.py', import.meta.url));
const APART = ['--mount', '--pid', '--net', '--uts', '--ipc', '--fork',
	'--kill-child'];
/* In a chroot / is no mount, so its propagation cannot be changed. */
const IN_CHROOT = [...APART, '--propagation', 'unchanged'];
const AS_ROOT = ['--user', '--map-root-user'];

const SETTLE = `/bin/busybox --install -s /bin
export PATH=/bin HOME=/root TERM=xterm-256color
mount -t proc proc /proc
[ -e /dev/null ] || mknod /dev/null c 1 3 || : >/dev/null
[ -e /dev/zero ] || mknod /dev/zero c 1 5
`;
/* Anybody but root@pam has to say who they are once more. */
const LOGIN = `while :; do
	printf '%s login: ' "$NAME"; read -r who || exit
	printf 'Password: '; stty -echo; read -r word; stty echo; echo
	[ "$who:$word" = root:lab ] && break
	echo; echo 'Login incorrect'
done
`;

/* A small system of its own for each name: busybox, and nothing of ours. */
export class Roots {
	constructor(dir) {
		this.dir = dir;
		this.busybox = execFileSync('sh', ['-c', 'command -v busybox'])
			.toString().trim();
		this.how = null;
		this.made = new Map();
	}

	/* Once: a busybox that runs cannot be written again. */
	root(name) {
		if (!this.made.has(name))
			this.made.set(name, this.make(name));
		return this.made.get(name);
	}

	make(name) {
		const root = path.join(this.dir, `root.${name}`);

		for (const folder of ['bin', 'dev', 'proc', 'root', 'tmp'])
			mkdirSync(path.join(root, folder), { recursive: true });
		copyFileSync(this.busybox, path.join(root, 'bin/busybox'));
		chmodSync(path.join(root, 'bin/busybox'), 0o755);
		for (const login of ['', LOGIN])
			writeFileSync(path.join(root, login ? 'login' : 'shell'),
				`{\n${SETTLE}} 2>/dev/null\nhostname ${name} ` +
				`2>/dev/null\nNAME=${name}\nexport PS1='${name}:\\w# '\n${
					login}cd /root; exec sh\n`);
		return root;
	}

	/* As far apart from this machine as it lets us. */
	findHow(root) {
		for (const how of [APART, IN_CHROOT, [...AS_ROOT, ...APART],
			[...AS_ROOT]]) {
			try {
				execFileSync('unshare', [...how, `--root=${root}`,
					'/bin/busybox', 'true'], { stdio: 'ignore' });
				return how;
			} catch {
				continue;
			}
		}
		throw new Error('unshare: no namespaces here, so no containers');
	}

	/* The command of a shell, or of a login, in the system `name`. */
	command(name, script) {
		const root = this.root(name);

		this.how ??= this.findHow(root);
		return ['unshare', ...this.how, `--root=${root}`, '--wd=/',
			'/bin/busybox', 'sh', `/${script}`];
	}
}

function message(kind, content) {
	const head = Buffer.alloc(5);

	head.write(kind, 'latin1');
	head.writeUInt32BE(content.length, 1);
	return Buffer.concat([head, content]);
}

/* A program on a pseudo-terminal of its own: 80 columns, 20 rows at first. */
export class Shell extends EventEmitter {
	constructor(argv) {
		super();
		this.child = spawn('/usr/bin/python3', [TERMINAL, ...argv],
			{ stdio: ['pipe', 'pipe', 'ignore'] });
		this.child.stdin.on('error', () => {});
		this.child.stdout.on('data', (data) => this.emit('data', data));
		this.child.on('error', () => this.onEnd());
		this.child.on('exit', () => this.onEnd());
	}

	onEnd() {
		this.isOver = true;
		this.emit('close');
	}

	write(data) {
		if (!this.isOver)
			this.child.stdin.write(message('d', Buffer.from(data)));
	}

	resize(cols, rows) {
		if (!this.isOver)
			this.child.stdin.write(message('s',
				Buffer.from(`${cols} ${rows}`)));
	}

	leave() {
		this.child.stdin.end();
		this.child.kill();
	}
}

/* One viewer of a container's terminal; the terminal outlives it (dtach). */
class Viewer extends EventEmitter {
	constructor(shared) {
		super();
		this.shared = shared;
		shared.viewers.add(this);
	}

	write(data) {
		this.shared.shell.write(data);
	}

	resize(cols, rows) {
		this.shared.shell.resize(cols, rows);
	}

	leave() {
		this.shared.viewers.delete(this);
	}
}

export class SharedShell {
	constructor(argv) {
		this.viewers = new Set();
		this.shell = new Shell(argv);
		for (const event of ['data', 'close'])
			this.shell.on(event, (data) => this.tell(event, data));
	}

	get isOver() {
		return this.shell.isOver;
	}

	tell(event, data) {
		for (const viewer of this.viewers)
			viewer.emit(event, data);
	}

	attach() {
		return new Viewer(this);
	}

	stop() {
		this.shell.leave();
	}
}

/* QEMU's serial socket: who comes second waits until the first has left. */
export class SerialLine extends EventEmitter {
	constructor(socketPath) {
		super();
		this.socket = net.connect(socketPath);
		this.socket.on('data', (data) => this.emit('data', data));
		this.socket.on('error', () => this.socket.destroy());
		this.socket.on('close', () => this.emit('close'));
	}

	write(data) {
		this.socket.write(data);
	}

	resize() {} // a serial line has no size

	leave() {
		this.socket.destroy();
	}
}

/* A program that could only say why it does nothing. */
export class LastWords extends EventEmitter {
	constructor(text) {
		super();
		setImmediate(() => {
			this.emit('data', Buffer.from(`${text}\r\n`));
			this.isOver = true;
			this.emit('close');
		});
	}

	write() {}

	resize() {}

	leave() {}
}
