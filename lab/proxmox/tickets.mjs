/*
 * Everything the cluster signs: logins, CSRF tokens, console tickets and the
 * host names of the SPICE proxy. One set of keys for the whole cluster.
 */
import { createHash, createHmac, createSign, createVerify, generateKeyPairSync,
	randomBytes, randomInt } from 'node:crypto';

const HEX_TIME = /^[0-9A-F]{8}$/;

function now() {
	return Math.floor(Date.now() / 1000);
}

function hexTime(upper = true) {
	const hex = now().toString(16).padStart(8, '0');

	return upper ? hex.toUpperCase() : hex;
}

function isFresh(hex, life, ahead) {
	const age = now() - parseInt(hex, 16);

	return age > -ahead && age < life;
}

/* Eight characters from ! to `: all but lower-case letters, {|}~ and blank. */
export function makeVncPassword() {
	return Array.from({ length: 8 },
		() => String.fromCharCode(33 + randomInt(64))).join('');
}

export class Tickets {
	constructor(lab) {
		const bits = { modulusLength: 2048 };

		this.lab = lab;
		this.login = generateKeyPairSync('rsa', bits);
		this.vnc = generateKeyPairSync('rsa', bits);
		this.csrfKey = randomBytes(32);
		this.spiceKey = randomBytes(32);
	}

	sign(keys, plain) {
		return createSign('RSA-SHA1').update(plain)
			.sign(keys.privateKey, 'base64');
	}

	isSigned(keys, plain, signature) {
		return createVerify('RSA-SHA1').update(plain)
			.verify(keys.publicKey, signature, 'base64');
	}

	/* PVE:user@realm:HHHHHHHH::signature */
	makeLogin(user) {
		const plain = `PVE:${user}:${hexTime()}`;

		return this.lab.mint('ticket',
			`${plain}::${this.sign(this.login, plain)}`);
	}

	/* The half ticket that carries the second factor's challenge. */
	makeChallenge(user, challenge) {
		const json = JSON.stringify(challenge).replaceAll(':', '%3A');
		const plain = `PVE:!tfa!${json}:${hexTime()}`;

		return `${plain}::${this.sign(this.login, `${plain}:${user}`)}`;
	}

	splitLogin(ticket) {
		const parts = /^(PVE:(\S+):([0-9A-F]{8}))::(\S+)$/.exec(ticket);
		const { ticket: life, ticket_tolerance: ahead } = this.lab.limits;

		if (!parts || !isFresh(parts[3], life, ahead))
			return null;
		return { plain: parts[1], user: parts[2], signature: parts[4] };
	}

	/* The user of a whole ticket, or null. */
	readLogin(ticket) {
		const t = this.splitLogin(ticket);

		return t && !t.user.startsWith('!tfa!') &&
			this.isSigned(this.login, t.plain, t.signature) ? t.user
			: null;
	}

	isChallengeOf(user, ticket) {
		const t = this.splitLogin(ticket);

		return Boolean(t) && t.user.startsWith('!tfa!') && this.isSigned(
			this.login, `${t.plain}:${user}`, t.signature);
	}

	csrfDigest(user, hex) {
		return createHmac('sha256', this.csrfKey)
			.update(`${hex}:${user}`).digest('base64').replace(/=+$/, '');
	}

	makeCsrf(user) {
		const hex = hexTime();

		return this.lab.mint('csrf',
			`${hex}:${this.csrfDigest(user, hex)}`);
	}

	isCsrf(user, token) {
		const [hex, digest] = (token ?? '').split(':');
		const { ticket: life, ticket_tolerance: ahead } = this.lab.limits;

		return HEX_TIME.test(hex) && isFresh(hex, life, ahead) &&
			digest === this.csrfDigest(user, hex);
	}

	/* Since April 2026 the port is signed, too. */
	consoleSecret(hex, user, path, port) {
		const bound = this.lab.isNew && port !== null ? `:${port}` : '';

		return `PVEVNC:${hex}:${user}:${path}${bound}`;
	}

	/* PVEVNC:HHHHHHHH::signature */
	makeConsole(user, path, port) {
		const hex = hexTime();
		const secret = this.consoleSecret(hex, user, path, port);

		return this.lab.mint('vncticket',
			`PVEVNC:${hex}::${this.sign(this.vnc, secret)}`);
	}

	/* With or without the password before it. */
	isConsole(ticket, user, path, port) {
		const parts = /^(?:.{8}:)?PVEVNC:([0-9A-F]{8})::(\S+)$/s
			.exec(ticket);
		const { vnc_ticket: life, ticket_ahead: ahead } = this.lab.limits;

		return Boolean(parts) && isFresh(parts[1], life, ahead) &&
			this.isSigned(this.vnc, this.consoleSecret(parts[1], user,
				path, port), parts[2]);
	}

	spiceDigest(plain) {
		return createHash('sha1').update(plain).update(this.spiceKey)
			.digest('hex');
	}

	/* pvespiceproxy:hhhhhhhh:vmid:node[:port]::digest */
	makeSpiceHost(vmid, node, port) {
		const bound = this.lab.isNew ? `:${port}` : '';
		const plain = `pvespiceproxy:${hexTime(false)}:${vmid}:${
			node.toLowerCase()}${bound}`;

		return this.lab.mint('spice host',
			`${plain}::${this.spiceDigest(plain)}`);
	}

	/* What a Host header allows: {vmid, node, port}, or null. */
	readSpiceHost(header) {
		const parts = new RegExp('^(pvespiceproxy:([0-9a-f]{8}):(\\d+):' +
			'([a-z0-9-]+)(?::(\\d+))?)::([0-9a-f]{40}):(\\d+)$')
			.exec(header ?? '');
		const { vnc_ticket: life, ticket_ahead: ahead } = this.lab.limits;

		if (!parts || !isFresh(parts[2], life, ahead) ||
			parts[6] !== this.spiceDigest(parts[1]) ||
			(this.lab.isNew && parts[5] !== parts[7]))
			return null;
		return { vmid: Number(parts[3]), node: parts[4],
			port: Number(parts[7]) };
	}
}
