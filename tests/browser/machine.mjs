/*
 * A QEMU guest of the lab, from behind: its screen by QMP, its serial line.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const HEARS_MS = 15000;

/* A binary PPM: "P6 width height 255" and three bytes a pixel. */
function ppm(data) {
	const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(
		data.subarray(0, 64).toString('latin1'));

	return {
		width: Number(head[1]),
		height: Number(head[2]),
		rgb: data.subarray(head[0].length),
	};
}

export class Machine {
	#told;
	#qmp;
	#serial;
	#said = '';
	#waiting = [];
	#folder = mkdtempSync(path.join(tmpdir(), 'glassbridge-dump-'));

	constructor(told) {
		this.#told = told;
	}

	async open() {
		this.#serial = net.connect(this.#told.serial.replace(/^unix:/, ''));
		this.#serial.on('data', (piece) => {
			this.#said += piece.toString('latin1');
		});
		this.#qmp = net.connect(this.#told.qmp);
		let text = '';

		this.#qmp.on('data', (piece) => {
			text += piece;
			const lines = text.split('\n');

			text = lines.pop();
			for (const line of lines) {
				const answer = JSON.parse(line);

				if ('return' in answer || 'error' in answer)
					this.#waiting.shift()?.(answer);
			}
		});
		await this.#ask('qmp_capabilities');
	}

	#ask(execute, args = {}) {
		return new Promise((done) => {
			this.#waiting.push(done);
			this.#qmp.write(JSON.stringify({ execute,
				arguments: args }));
		});
	}

	/* What the guest shows, as its hypervisor sees it. */
	async screendump() {
		const file = path.join(this.#folder, 'screen.ppm');
		const answer = await this.#ask('screendump', { filename: file });

		if (answer.error)
			throw new Error(answer.error.desc);
		return ppm(readFileSync(file));
	}

	/* Wait until the serial line has said this. */
	async hears(words) {
		for (const by = Date.now() + HEARS_MS; Date.now() < by;) {
			if (this.#said.includes(words))
				return;
			await new Promise((done) => setTimeout(done, 50));
		}
		throw new Error(`the serial line never said '${words}', but: ` +
			JSON.stringify(this.#said.slice(-400)));
	}

	close() {
		this.#serial?.destroy();
		this.#qmp?.destroy();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
