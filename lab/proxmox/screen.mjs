/*
 * What a terminal shows: cells of a character and two colours, a cursor, and
 * the escape sequences that a shell and simple programs use. Rows that have
 * changed are kept in `dirty`.
 */
const BLACK = 0, GREY = 7;

function blank(fg, bg) {
	return { ch: ' ', fg, bg };
}

export class Screen {
	constructor(cols, rows) {
		this.cols = cols;
		this.rows = rows;
		this.decoder = new TextDecoder('utf-8');
		this.dirty = new Set();
		this.answer = () => {};
		this.reset();
	}

	reset() {
		this.cells = Array.from({ length: this.rows },
			() => this.emptyRow(GREY, BLACK));
		this.x = this.y = 0;
		this.saved = { x: 0, y: 0 };
		this.top = 0;
		this.bottom = this.rows - 1;
		this.pending = '';
		this.setPlain();
		this.touchAll();
	}

	setPlain() {
		this.fg = GREY;
		this.bg = BLACK;
		this.isBold = this.isReverse = false;
	}

	emptyRow(fg = GREY, bg = this.bg) {
		return Array.from({ length: this.cols }, () => blank(fg, bg));
	}

	touchAll() {
		for (let row = 0; row < this.rows; row++)
			this.dirty.add(row);
	}

	/* Bytes from the program; a sequence may be cut anywhere. */
	write(data) {
		const text = this.pending +
			this.decoder.decode(data, { stream: true });
		let at = 0;

		this.pending = '';
		this.dirty.add(this.y);
		while (at < text.length) {
			const used = text[at] === '\x1b' ? this.escape(text, at) :
				this.character(text, at);

			if (used === 0) {
				this.pending = text.slice(at, at + 256);
				break;
			}
			at += used;
		}
		this.dirty.add(this.y);
	}

	character(text, at) {
		const ch = String.fromCodePoint(text.codePointAt(at));

		switch (ch) {
		case '\r': this.x = 0; break;
		case '\n': case '\v': case '\f': this.lineFeed(); break;
		case '\b': this.x = Math.max(0, this.x - 1); break;
		case '\t':
			this.x = Math.min(this.cols - 1, (this.x | 7) + 1);
			break;
		default:
			if (ch >= ' ' && ch !== '\x7f')
				this.put(ch);
		}
		return ch.length;
	}

	put(ch) {
		if (this.x >= this.cols) {
			this.x = 0;
			this.lineFeed();
		}
		const fg = this.isBold ? this.fg | 8 : this.fg;

		this.cells[this.y][this.x++] = this.isReverse ?
			{ ch, fg: this.bg, bg: fg } : { ch, fg, bg: this.bg };
		this.dirty.add(this.y);
	}

	moveTo(x, y) {
		this.dirty.add(this.y);
		this.x = Math.min(Math.max(x, 0), this.cols - 1);
		this.y = Math.min(Math.max(y, 0), this.rows - 1);
	}

	lineFeed() {
		this.dirty.add(this.y);
		if (this.y === this.bottom)
			this.scroll(this.top, 1);
		else
			this.moveTo(this.x, this.y + 1);
	}

	/* Lines from `from` to the region's end, up (count > 0) or down. */
	scroll(from, count) {
		for (let n = Math.min(Math.abs(count), this.rows); n > 0; n--) {
			if (count > 0) {
				this.cells.splice(from, 1);
				this.cells.splice(this.bottom, 0, this.emptyRow());
			} else {
				this.cells.splice(this.bottom, 1);
				this.cells.splice(from, 0, this.emptyRow());
			}
		}
		this.touchAll();
	}

	/* Characters used by the sequence at `at`; 0: it is not whole yet. */
	escape(text, at) {
		const rest = text.slice(at);
		const csi = /^\x1b\[([?>=!]?)([\d;]*)([ -/]*)([@-~])/.exec(rest);
		const osc = /^\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)/.exec(rest);
		const other = /^\x1b(?:[()*+#%].|[^[\]PX^_()*+#%])/s.exec(rest);

		if (csi) {
			if (!csi[1] && !csi[3])
				this.csi(csi[4], csi[2].split(';').map(Number));
			return csi[0].length;
		}
		if (other) {
			this.simple(other[0][1]);
			return other[0].length;
		}
		return osc ? osc[0].length : rest.length > 200 ? 1 : 0;
	}

	simple(kind) {
		switch (kind) {
		case '7': this.saved = { x: this.x, y: this.y }; break;
		case '8': this.moveTo(this.saved.x, this.saved.y); break;
		case 'c': this.reset(); break;
		case 'D': this.lineFeed(); break;
		case 'E': this.x = 0; this.lineFeed(); break;
		case 'M':
			if (this.y === this.top)
				this.scroll(this.top, -1);
			else
				this.moveTo(this.x, this.y - 1);
		}
	}

	csi(kind, args) {
		const n = args[0] || 1;

		switch (kind) {
		case 'A': this.moveTo(this.x, this.y - n); break;
		case 'B': this.moveTo(this.x, this.y + n); break;
		case 'C': this.moveTo(this.x + n, this.y); break;
		case 'D': this.moveTo(this.x - n, this.y); break;
		case 'G': this.moveTo(n - 1, this.y); break;
		case 'd': this.moveTo(this.x, n - 1); break;
		case 'H': case 'f':
			this.moveTo((args[1] || 1) - 1, n - 1);
			break;
		case 'J': this.eraseScreen(args[0]); break;
		case 'K': this.eraseLine(args[0]); break;
		case 'L': this.scroll(this.y, -n); break;
		case 'M': this.scroll(this.y, n); break;
		case 'P': case '@': this.shift(kind, n); break;
		case 'X': this.fill(this.y, this.x, this.x + n); break;
		case 'm': this.colours(args); break;
		case 'n':
			if (args[0] === 6)
				this.answer(`\x1b[${this.y + 1};${this.x + 1}R`);
			break;
		case 'r':
			this.top = n - 1;
			this.bottom = Math.min(args[1] || this.rows, this.rows) - 1;
			this.moveTo(0, 0);
		}
	}

	fill(y, from, to) {
		for (let x = from; x < Math.min(to, this.cols); x++)
			this.cells[y][x] = blank(GREY, this.bg);
		this.dirty.add(y);
	}

	eraseLine(how) {
		this.fill(this.y, how ? 0 : this.x,
			how === 1 ? this.x + 1 : this.cols);
	}

	eraseScreen(how) {
		const from = how ? 0 : this.y + 1;
		const to = how === 1 ? this.y : this.rows;

		for (let y = from; y < to; y++)
			this.fill(y, 0, this.cols);
		if (how !== 2 && how !== 3)
			this.eraseLine(how);
	}

	shift(kind, n) {
		const row = this.cells[this.y];
		const gap = Array.from({ length: n }, () => blank(GREY, this.bg));

		if (kind === 'P')
			row.splice(this.x, n);
		else
			row.splice(this.x, 0, ...gap);
		while (row.length < this.cols)
			row.push(blank(GREY, this.bg));
		row.length = this.cols;
		this.dirty.add(this.y);
	}

	colours(args) {
		for (let i = 0; i < args.length; i++) {
			const n = args[i];

			if (n === 0) this.setPlain();
			else if (n === 1) this.isBold = true;
			else if (n === 22) this.isBold = false;
			else if (n === 7) this.isReverse = true;
			else if (n === 27) this.isReverse = false;
			else if (n >= 30 && n <= 37) this.fg = n - 30;
			else if (n === 39) this.fg = GREY;
			else if (n >= 40 && n <= 47) this.bg = n - 40;
			else if (n === 49) this.bg = BLACK;
			else if (n >= 90 && n <= 97) this.fg = n - 82;
			else if (n >= 100 && n <= 107) this.bg = n - 92;
			else if (n === 38 || n === 48) i += args[i + 1] === 2 ? 4 : 2;
		}
	}

	/* The text of a row, for tests. */
	line(y) {
		return this.cells[y].map((cell) => cell.ch).join('').trimEnd();
	}
}
