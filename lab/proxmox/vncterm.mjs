/*
 * vncterm: a terminal drawn as a VNC screen, for containers, serial displays
 * and node shells. RFB 3.8, VNC authentication; 8 bits a pixel with a colour
 * map until the client asks for another format; raw rectangles.
 */
import { createCipheriv, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { after } from './limits.mjs';
import { Screen } from './screen.mjs';

const CELL_W = 8, CELL_H = 16;
const NAME = 'VNC Command Terminal';
const FONT_SOURCE = '/usr/share/seabios/vgabios-stdvga.bin';
const LETTER_A = '000010386cc6c6fec6c6c6c600000000';
const CUT_TEXT_MAX = 1 << 20;
const PALETTE = [[0, 0, 0], [170, 0, 0], [0, 170, 0], [170, 85, 0],
	[0, 0, 170], [170, 0, 170], [0, 170, 170], [170, 170, 170],
	[85, 85, 85], [255, 85, 85], [85, 255, 85], [255, 255, 85],
	[85, 85, 255], [255, 85, 255], [85, 255, 255], [255, 255, 255]];
/* In the PC's own character set, which the font is in. */
const BOXES = { '─': 196, '│': 179, '┌': 218, '┐': 191, '└': 192, '┘': 217,
	'├': 195, '┤': 180, '┬': 194, '┴': 193, '┼': 197, '█': 219, '░': 176,
	'▒': 177, '▓': 178, 'ä': 132, 'ö': 148, 'ü': 129, 'é': 130, '°': 248,
	'ß': 225, 'Ä': 142, 'Ö': 153, 'Ü': 154, '·': 250 };
const KEYS = { 0xff08: '\x7f', 0xff09: '\t', 0xff0d: '\r', 0xff8d: '\r',
	0xff1b: '\x1b', 0xff50: '\x1b[H', 0xff51: '\x1b[D', 0xff52: '\x1b[A',
	0xff53: '\x1b[C', 0xff54: '\x1b[B', 0xff55: '\x1b[5~',
	0xff56: '\x1b[6~', 0xff57: '\x1b[F', 0xff63: '\x1b[2~',
	0xffff: '\x1b[3~' };
const CONTROL_KEYS = [0xffe3, 0xffe4];

/* QEMU's VGA BIOS carries the 8x16 font that every PC had. */
function loadFont() {
	const bios = existsSync(FONT_SOURCE) ? readFileSync(FONT_SOURCE) :
		Buffer.alloc(0);
	const a = bios.indexOf(Buffer.from(LETTER_A, 'hex'));
	const start = a - 'A'.charCodeAt(0) * CELL_H;

	return a < 0 ? null : bios.subarray(start, start + 256 * CELL_H);
}

const font = loadFont();

function glyphRow(ch, y) {
	const code = BOXES[ch] ?? (ch < '\x7f' ? ch.charCodeAt(0) : 254);

	if (font)
		return font[code * CELL_H + y];
	return ch === ' ' || y < 4 || y > 11 ? 0 : 0x7e;
}

function reverseBits(byte) {
	return parseInt(byte.toString(2).padStart(8, '0').split('').reverse()
		.join(''), 2);
}

/* DES by its triple form: plain DES needs OpenSSL's legacy provider. */
export function vncResponse(password, challenge) {
	const key = Buffer.alloc(8);

	Buffer.from(password, 'latin1').copy(key, 0, 0, 8);
	const des = Buffer.from(key.map(reverseBits));
	const cipher = createCipheriv('des-ede3-ecb',
		Buffer.concat([des, des, des]), null);

	cipher.setAutoPadding(false);
	return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

function colourMapFormat() {
	const format = Buffer.alloc(16);

	format[0] = format[1] = 8; // bits, depth; everything else is 0
	return format;
}

function words16(...values) {
	const out = Buffer.alloc(values.length * 2);

	values.forEach((value, i) => out.writeUInt16BE(value, i * 2));
	return out;
}

function isUsable(format) {
	const max = [4, 6, 8].map((at) => format.readUInt16BE(at));
	const ends = max.map((m, i) => 32 - Math.clz32(m) + format[10 + i]);

	return [8, 16, 32].includes(format[0]) &&
		(!format[3] || ends.every((end) => end <= format[0]));
}

/* The bytes of each palette colour in the client's format. */
function paletteIn(format) {
	const bytes = format[0] / 8;
	const isTrueColour = format[3];
	const max = [4, 6, 8].map((at) => format.readUInt16BE(at));

	return PALETTE.map((rgb, index) => {
		const value = !isTrueColour ? index : rgb.reduce((sum, c, i) =>
			sum + Math.round(c * max[i] / 255) * 2 ** format[10 + i], 0);
		const pixel = Buffer.alloc(bytes);

		if (format[2])
			pixel.writeUIntBE(value, 0, bytes);
		else
			pixel.writeUIntLE(value, 0, bytes);
		return pixel;
	});
}

export class Vncterm {
	/* options: {password, width, height, plain, onEnd} */
	constructor(lab, line, program, options) {
		this.lab = lab;
		this.line = line;
		this.program = program;
		this.options = options;
		this.width = options.width ?? 744;
		this.height = options.height ?? 400;
		this.screen = new Screen(Math.floor(this.width / CELL_W),
			Math.floor(this.height / CELL_H));
		this.screen.answer = (text) => program.write(text);
		this.input = Buffer.alloc(0);
		this.step = this.version;
		this.setFormat(colourMapFormat());
		this.isControl = false;
		line.on('data', (data) => this.onInput(data));
		line.on('close', () => this.close());
		program.on('data', (data) => this.onOutput(data));
		program.on('close', () => this.close());
		program.resize(this.screen.cols, this.screen.rows);
		this.rest();
		line.write('RFB 003.008\n');
	}

	rest() {
		clearTimeout(this.idle);
		this.idle = after(this.lab.limits.vncterm_idle,
			() => this.close());
	}

	close() {
		clearTimeout(this.idle);
		this.line.destroy();
		this.program.leave();
		this.options.onEnd?.();
	}

	setFormat(format) {
		if (!isUsable(format)) {
			this.close();
			return;
		}
		this.format = format;
		this.palette = paletteIn(format);
		this.screen.touchAll();
	}

	/* Each step answers how many bytes it has used; 0: it needs more. */
	onInput(data) {
		this.input = Buffer.concat([this.input, data]);
		for (let used; this.input.length && !this.line.isClosed;) {
			used = this.step(this.input);
			if (!used)
				break;
			this.input = this.input.subarray(used);
		}
	}

	version(input) {
		if (input.length < 12)
			return 0;
		this.line.write(this.options.plain ?
			Buffer.from([1, 2]) : Buffer.from([1, 19]));
		this.step = this.security;
		return 12;
	}

	security(input) {
		if (input[0] !== 2 || !this.options.plain) {
			this.close();
			return 1;
		}
		this.challenge = randomBytes(16);
		this.line.write(this.challenge);
		this.step = this.authenticate;
		return 1;
	}

	authenticate(input) {
		if (input.length < 16)
			return 0;
		const right = timingSafeEqual(input.subarray(0, 16),
			vncResponse(this.options.password, this.challenge));
		const why = 'password check failed!';

		if (right) {
			this.line.write(Buffer.alloc(4));
			this.step = this.clientInit;
		} else {
			this.line.write(Buffer.concat([words16(0, 1, 0, why.length),
				Buffer.from(why)]));
			this.close();
		}
		return 16;
	}

	clientInit() {
		this.line.write(Buffer.concat([words16(this.width, this.height),
			this.format, words16(0, NAME.length), Buffer.from(NAME)]));
		this.step = this.message;
		return 1;
	}

	message(input) {
		const lengths = { 0: 20, 2: 4, 3: 10, 4: 8, 5: 6, 6: 8 };
		let length = lengths[input[0]];

		if (!length) {
			this.close();
			return 1;
		}
		if (input.length < length)
			return 0;
		if (input[0] === 2)
			length += 4 * input.readUInt16BE(2);
		if (input[0] === 6)
			length += Math.min(input.readUInt32BE(4), CUT_TEXT_MAX);
		if (input.length < length)
			return 0;
		this.act(input.subarray(0, length));
		return length;
	}

	act(message) {
		switch (message[0]) {
		case 0:
			this.setFormat(Buffer.from(message.subarray(4)));
			break;
		case 3:
			if (!message[1])
				this.screen.touchAll();
			this.isAsked = true;
			this.update();
			break;
		case 4:
			this.rest();
			this.key(message[1], message.readUInt32BE(4));
			break;
		case 6:
			this.rest();
		}
	}

	key(isDown, sym) {
		if (CONTROL_KEYS.includes(sym))
			this.isControl = Boolean(isDown);
		if (!isDown)
			return;
		if (KEYS[sym])
			this.program.write(KEYS[sym]);
		else if (this.isControl && sym >= 0x40 && sym < 0x80)
			this.program.write(Buffer.from([sym & 0x1f]));
		else if (sym >= 0x20 && sym < 0x100)
			this.program.write(String.fromCharCode(sym));
		else if (sym >> 24 === 1)
			this.program.write(String.fromCodePoint(sym & 0xffffff));
	}

	onOutput(data) {
		this.screen.write(data);
		this.update();
	}

	sendColours() {
		this.hasColours = true;
		this.line.write(Buffer.concat([Buffer.from([1, 0]),
			words16(0, PALETTE.length,
				...PALETTE.flat().map((c) => c * 257))]));
	}

	/* One message with a rectangle for each row that has changed. */
	update() {
		const { dirty } = this.screen;

		if (!this.isAsked || !dirty.size)
			return;
		if (!this.format[3] && !this.hasColours)
			this.sendColours();
		const rows = [...dirty].sort((a, b) => a - b);

		dirty.clear();
		this.isAsked = false;
		this.line.write(Buffer.concat([words16(0, rows.length),
			...rows.map((row) => this.rowRectangle(row))]));
	}

	rowRectangle(row) {
		const { cols } = this.screen;
		const pixels = Buffer.alloc(cols * CELL_W * CELL_H *
			this.palette[0].length);

		for (let y = 0, at = 0; y < CELL_H; y++) {
			for (let x = 0; x < cols; x++)
				at = this.drawCell(pixels, at, row, x, y);
		}
		return Buffer.concat([words16(0, row * CELL_H, cols * CELL_W,
			CELL_H, 0, 0), pixels]);
	}

	/* One line of pixels of one cell; the answer is where the next goes. */
	drawCell(pixels, at, row, x, y) {
		const { ch, fg, bg } = this.screen.cells[row][x];
		const isCursor = row === this.screen.y && x === this.screen.x;
		const bits = glyphRow(ch, y) ^ (isCursor ? 0xff : 0);

		for (let bit = 0x80; bit; bit >>= 1)
			at += this.palette[bits & bit ? fg : bg].copy(pixels, at);
		return at;
	}
}
