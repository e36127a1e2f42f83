/* Workers with a UPID, and how they ended. */
import { ApiError } from './errors.mjs';
import { sleep } from './limits.mjs';

const KEPT = 500;

function hex(number) {
	return number.toString(16).toUpperCase().padStart(8, '0');
}

export class Tasks {
	constructor(lab) {
		this.lab = lab;
		this.pid = 4096;
		this.all = new Map();
	}

	/* work() runs on its own; the answer is the UPID, at once. */
	start(node, type, id, user, work) {
		const starttime = Math.floor(Date.now() / 1000);
		const pid = ++this.pid;
		const pstart = Math.floor(process.uptime() * 100);
		const upid = `UPID:${node}:${hex(pid)}:${hex(pstart)}:${
			hex(starttime)}:${type}:${id}:${user}:`;
		const task = { upid, node, pid, pstart, starttime, type,
			id: String(id), user, status: 'running' };

		this.all.set(upid, task);
		if (this.all.size > KEPT)
			this.all.delete(this.all.keys().next().value);
		this.run(task, work);
		return upid;
	}

	/* A console's worker: it lives as long as the console. */
	startOpen(node, type, id, user) {
		let end;
		const ended = new Promise((done) => {
			end = done;
		});

		return { upid: this.start(node, type, id, user, () => ended), end };
	}

	async run(task, work) {
		try {
			await work();
			task.exitstatus = 'OK';
		} catch (error) {
			task.exitstatus = error.message;
		}
		task.status = 'stopped';
		task.endtime = Math.floor(Date.now() / 1000);
	}

	/* A power action: the time it takes, then its effect. */
	startAction(node, type, id, user, act) {
		return this.start(node, type, id, user, async () => {
			await sleep(this.lab.limits.task);
			await act();
		});
	}

	find(upid) {
		const task = this.all.get(upid);

		if (!task)
			throw new ApiError(500, `unable to parse worker upid '${upid}'`);
		return task;
	}
}
