/*
 * termproxy: a line `user:ticket`, `OK`, then the bytes of a terminal one way
 * and messages the other way. A message's header has to come in one piece.
 */
import { after } from './limits.mjs';

const FIRST_LINE_MAX = 4096;
const INPUT = 0x30, RESIZE = 0x31, KEEP_ALIVE = 0x32;

export class Termproxy {
	/* options: {isRight(user, ticket), start() -> program, onEnd, onInput} */
	constructor(lab, line, options) {
		this.line = line;
		this.options = options;
		this.program = null;
		this.kept = Buffer.alloc(0);
		this.remaining = 0;
		this.timer = after(lab.limits.term_line, () => this.close());
		line.on('data', (data) => this.onData(data));
		line.on('close', () => this.close());
	}

	close() {
		clearTimeout(this.timer);
		this.line.destroy();
		this.program?.leave();
		this.options.onEnd();
	}

	onData(data) {
		if (this.program)
			this.onMessages(data);
		else
			this.onFirstLine(data);
	}

	onFirstLine(data) {
		this.kept = Buffer.concat([this.kept, data]);
		const end = this.kept.indexOf('\n');

		if (end < 0 && this.kept.length < FIRST_LINE_MAX)
			return;
		const [, user, ticket] = /^([^:]*):(.*)$/s.exec(
			this.kept.toString('utf8', 0, end)) ?? [];

		if (end < 0 || end >= FIRST_LINE_MAX || user === undefined ||
			!this.options.isRight(user, ticket)) {
			this.close();
			return;
		}
		clearTimeout(this.timer);
		this.open(this.kept.subarray(end + 1));
	}

	open(early) {
		this.kept = Buffer.alloc(0);
		this.line.write('OK');
		this.program = this.options.start();
		this.program.resize(80, 20);
		this.program.on('data', (data) => this.line.write(data));
		// its end is noticed only at the next input
		this.program.on('close', () => {
			this.isOver = true;
		});
		if (early.length)
			this.onMessages(early);
	}

	type(data) {
		this.options.onInput(data);
		this.program.write(data);
	}

	onMessages(data) {
		if (this.isOver) {
			this.close();
			return;
		}
		if (this.remaining) {
			const part = data.subarray(0, this.remaining);

			this.remaining -= part.length;
			this.type(part);
			data = data.subarray(part.length);
		}
		let input = Buffer.concat([this.kept, data]);

		// a lone byte waits for the next one, also the keep-alive
		while (input.length >= 2)
			input = input.subarray(this.message(input));
		this.kept = input;
	}

	/* Bytes used; what is not a whole header is lost, with all behind it. */
	message(input) {
		const text = input.toString('latin1', 0, 32);

		if (input[0] === KEEP_ALIVE)
			return 1;
		if (input[0] === INPUT)
			return this.inputMessage(input, /^0:(\d+):/.exec(text));
		return input[0] === RESIZE ?
			this.resizeMessage(input, /^1:(\d+):(\d+):/.exec(text)) :
			input.length;
	}

	inputMessage(input, header) {
		if (!header)
			return input.length;
		const start = header[0].length;
		const part = input.subarray(start, start + Number(header[1]));

		this.remaining = Number(header[1]) - part.length;
		this.type(part);
		return start + part.length;
	}

	resizeMessage(input, header) {
		if (!header)
			return input.length;
		this.program.resize(Number(header[1]), Number(header[2]));
		return header[0].length;
	}
}
