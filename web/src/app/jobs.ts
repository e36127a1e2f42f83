/*
 * What this page asked a hypervisor to do, followed to its end: one job a
 * guest. A job that failed stays until it is put away or another begins.
 */
import { job as ask, Problem } from '../lib/api';
import type { Job } from '../lib/types';

const FIRST_MS = 250;
const LONGEST_MS = 1500;
const LOST_MS = 60000; /* nobody could be asked for so long */
const DONE_MS = 8000;  /* what is done is told for a while */

export class Jobs {
	private readonly all = new Map<string, Job>();
	private readonly listeners = new Set<() => void>();

	/* over: it has come to its end, well or not */
	constructor(private readonly over: (job: Job) => void) {
	}

	of(guest: string): Job | null {
		return this.all.get(guest) ?? null;
	}

	/* Tells of every change; call the answer to hear no more. */
	listen(listener: () => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	async start(guest: string, what: string,
		begin: () => Promise<Job>): Promise<void> {
		if (this.of(guest)?.state === 'running')
			return;
		this.set({ id: '', guest, what, state: 'running' });
		try {
			const job = await begin();

			this.set({ ...job, guest, what });
			await this.follow({ ...job, guest, what });
		} catch (problem) {
			this.failed({ id: '', guest, what, state: 'failed' }, problem);
		}
	}

	putAway(guest: string): void {
		if (this.of(guest)?.state === 'failed') {
			this.all.delete(guest);
			this.tell();
		}
	}

	private failed(job: Job, problem: unknown): void {
		this.end({
			...job, state: 'failed',
			word: problem instanceof Problem ? problem.word : 'internal',
			detail: problem instanceof Problem ? problem.detail :
				String(problem),
		});
	}

	private async follow(job: Job): Promise<void> {
		const { guest, what } = job;
		let heard = performance.now();

		for (let wait = FIRST_MS; job.state === 'running';
			wait = Math.min(wait * 1.5, LONGEST_MS)) {
			await new Promise((done) => setTimeout(done, wait));
			try {
				job = { ...await ask(job.id), guest, what };
				heard = performance.now();
				if (job.state === 'running')
					this.set(job);
			} catch (problem) {
				if (!(problem instanceof Problem && problem.unreachable) ||
					performance.now() - heard > LOST_MS) {
					this.failed(job, problem);
					return;
				}
			}
		}
		this.end(job);
	}

	private set(job: Job): void {
		this.all.set(job.guest, job);
		this.tell();
	}

	private end(job: Job): void {
		this.set(job);
		this.over(job);
		if (job.state === 'done')
			setTimeout(() => this.forget(job), DONE_MS);
	}

	private forget(job: Job): void {
		if (this.all.get(job.guest) === job) {
			this.all.delete(job.guest);
			this.tell();
		}
	}

	private tell(): void {
		for (const listener of this.listeners)
			listener();
	}
}
