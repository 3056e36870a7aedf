import { pathToFileURL } from 'node:url';

/* global __dirname */
export const folder = () => pathToFileURL(`${__dirname}/`);
