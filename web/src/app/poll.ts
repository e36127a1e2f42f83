/*
 * Asks again and again while the page is looked at: never twice at a time,
 * slower when nobody answers, at once when the page comes back.
 */
export class Poll {
	private timer = 0;
	private asking = false;
	private failures = 0;
	private running = false;
	private again = false; /* asked for while an answer is on its way */

	/* ask() answers whether it went well. */
	constructor(private readonly everyMs: number,
		private readonly ask: () => Promise<boolean>) {
	}

	start(): void {
		this.running = true;
		document.addEventListener('visibilitychange', this.due);
		addEventListener('online', this.due);
		void this.now();
	}

	stop(): void {
		this.running = false;
		clearTimeout(this.timer);
		document.removeEventListener('visibilitychange', this.due);
		removeEventListener('online', this.due);
	}

	/* At once, or as soon as the answer that is on its way is there. */
	async now(): Promise<void> {
		if (!this.running)
			return;
		this.again = this.asking;
		if (this.asking)
			return;
		this.asking = true;
		clearTimeout(this.timer);
		const good = await this.ask();

		this.asking = false;
		if (this.again && good) {
			void this.now();
			return;
		}
		this.failures = good ? 0 : this.failures + 1;
		if (this.running && document.visibilityState === 'visible') {
			const wait = good ? this.everyMs : Math.min(
				1000 * 2 ** (this.failures - 1), this.everyMs);

			this.timer = window.setTimeout(this.due,
				wait * (0.9 + Math.random() * 0.2));
		}
	}

	/* Nobody looks: it is asked when somebody does again. */
	private readonly due = (): void => {
		if (document.visibilityState === 'visible')
			void this.now();
	};
}
