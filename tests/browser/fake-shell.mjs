/*
 * A shell that is none: says a prompt, echoes what is typed as a tty would,
 * knows three commands, and remembers every byte and every note it was told.
 */
export class FakeShell {
	typed = '';     /* every byte that came, as latin1 */
	sizes = [];     /* what {"resize": [..]} said */
	#line = '';
	#answer = '';

	constructor(name, send) {
		this.name = name;
		this.send = (text, how = 'utf8') => send(Buffer.from(text, how));
		this.send(`\x1b[1;32mroot@${name}\x1b[0m:\x1b[1;34m~\x1b[0m# `);
	}

	/* As much of the note as a gateway would take. */
	note(text) {
		const { resize } = JSON.parse(text);

		this.sizes.push(resize);
	}

	/* One answer for what came at once, as a tty that is read in pieces. */
	feed(data) {
		const text = data.toString('latin1');

		this.typed += text;
		this.#answer = '';
		for (const c of text) {
			if (c === '\r')
				this.#run();
			else if (c === '\x7f')
				this.#back();
			else if (c >= ' ')
				this.#put(c);
		}
		this.send(this.#answer, 'latin1');
	}

	#put(c) {
		this.#line += c;
		this.#answer += c;
	}

	#back() {
		if (this.#line === '')
			return;
		this.#line = this.#line.slice(0, -1);
		this.#answer += '\b \b';
	}

	#run() {
		const line = this.#line;
		const [cols, rows] = this.sizes.at(-1) ?? [80, 24];

		this.#line = '';
		if (line === 'stty size')
			this.#answer += `\r\n${rows} ${cols}`;
		else if (line.startsWith('seq '))
			this.#answer += Array.from({ length: Number(line.slice(4)) },
				(_, i) => `\r\nline ${i + 1} of the log`).join('');
		else if (line.startsWith('echo '))
			this.#answer += `\r\n${line.slice(5)}`;
		this.#answer += `\r\nroot@${this.name}:~# `;
	}
}
