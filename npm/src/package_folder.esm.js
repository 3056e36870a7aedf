// Read on use: a bundle in CommonJS has no `import.meta.url`.
export const folder = () => new URL('./', import.meta.url);
