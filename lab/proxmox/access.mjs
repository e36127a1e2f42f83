/* Who may do what, and who is asking. */
import { createHmac } from 'node:crypto';
import { BareError, forbidden } from './errors.mjs';
import { ROLES } from './world.mjs';

const WELL_KNOWN = ['/', '/access', '/access/groups', '/access/realm', '/nodes',
	'/pool', '/sdn', '/storage', '/vms', '/mapping'];

function base32(text) {
	const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...text].map((c) => letters.indexOf(c).toString(2)
		.padStart(5, '0')).join('');

	return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}

function totpAt(secret, step) {
	const counter = Buffer.alloc(8);

	counter.writeBigUInt64BE(BigInt(step));
	const mac = createHmac('sha1', base32(secret)).update(counter).digest();
	const code = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;

	return String(code % 1000000).padStart(6, '0');
}

export function isTotp(secret, code) {
	const step = Math.floor(Date.now() / 30000);

	return [-1, 0, 1].some((off) => totpAt(secret, step + off) === code);
}

export class Access {
	constructor(lab) {
		this.lab = lab;
	}

	/* Rights of one name (a user or a token) by its own entries. */
	ownAt(who, path) {
		const steps = path === '/' ? ['/'] : path.split('/').map((_, i, all) =>
			all.slice(0, i + 1).join('/') || '/');
		let rights = {};

		for (const at of steps) {
			const entries = this.lab.acl.filter(([p, w, , reaches]) =>
				p === at && w === who && (reaches || at === path));

			if (entries.length)
				rights = Object.fromEntries(entries.flatMap(
					([, , role, reaches]) => ROLES[role].map(
						(right) => [right, reaches])));
		}
		return rights;
	}

	poolOf(path) {
		const vmid = /^\/vms\/(\d+)$/.exec(path)?.[1];

		return vmid && this.lab.guests.get(Number(vmid))?.pool;
	}

	plainAt(who, path) {
		if (who === 'root@pam')
			return Object.fromEntries(ROLES.Administrator.map(
				(right) => [right, 1]));
		const pool = this.poolOf(path);

		return { ...pool ? this.ownAt(who, `/pool/${pool}`) : {},
			...this.ownAt(who, path) };
	}

	/* {right: reaches}, for a user or a token. */
	rightsAt(who, path) {
		const [user, token] = who.split('!');

		if (token === undefined || !this.lab.tokens[who]?.privsep)
			return this.plainAt(user, path);
		const limit = this.plainAt(user, path);

		return Object.fromEntries(Object.entries(this.plainAt(who, path))
			.filter(([right]) => right in limit));
	}

	may(who, path, ...rights) {
		const has = this.rightsAt(who, path);

		return rights.some((right) => right in has);
	}

	require(who, path, ...rights) {
		if (!this.may(who, path, ...rights))
			throw forbidden(`${path}, ${rights.join('|')}`);
	}

	/* As /access/permissions lists them: known paths, not every guest. */
	allOf(who) {
		const paths = new Set([...WELL_KNOWN,
			...this.lab.acl.map(([path]) => path)]);
		const all = {};

		for (const guest of this.lab.guests.values()) {
			if (guest.pool)
				paths.add(`/vms/${guest.vmid}`);
		}
		for (const path of [...paths].sort()) {
			const rights = this.rightsAt(who, path);

			if (Object.keys(rights).length)
				all[path] = rights;
		}
		return all;
	}

	isEnabled(who) {
		return Boolean(this.lab.users[who.split('!')[0]]?.enable);
	}

	readToken(text) {
		const parts = /^(\S+@[^\s!]+![^\s=]+)=(\S+)$/.exec(text);
		const token = parts && this.lab.tokens[parts[1]];

		if (!token || token.secret !== parts[2] || !this.isEnabled(parts[1]))
			throw new BareError(401, 'Authentication failed!');
		return parts[1];
	}

	/*
	 * Who asks, from the headers. A cookie wins over a token, even a bad
	 * one; writing by cookie needs the CSRF header.
	 */
	identify(request) {
		const { cookie, authorization } = request.headers;
		const ticket = authValue(cookie, 'PVEAuthCookie') ||
			authValue(authorization, 'PVEAuthCookie');
		const token = !ticket && authValue(authorization, 'PVEAPIToken');

		if (token)
			return { user: this.readToken(token), isToken: true };
		if (!ticket)
			throw new BareError(401, 'No ticket');
		const user = this.lab.tickets.readLogin(ticket);

		if (!user || !this.isEnabled(user))
			throw new BareError(401, 'Authentication failed!');
		if (request.method !== 'GET' && !this.lab.tickets.isCsrf(user,
			request.headers.csrfpreventiontoken))
			throw new BareError(401,
				'Permission denied - invalid csrf token');
		return { user, isToken: false };
	}
}

/* Only at the start or after a blank, up to `;`, and only %XX is decoded. */
export function authValue(header, name) {
	const found = new RegExp(`(?:^|\\s)${name}(?:=| )([^;]*)`)
		.exec(header ?? '');

	return found ? unescape8(found[1]) : '';
}

/* %XX to bytes, bytes to text; anything else stays. */
export function unescape8(text) {
	const bytes = text.replace(/%([0-9a-fA-F]{2})/g,
		(_, hex) => String.fromCharCode(parseInt(hex, 16)));
	const raw = Buffer.from(bytes, 'latin1');

	return /[^\x00-\xff]/.test(bytes) ? bytes : raw.toString('utf8');
}
