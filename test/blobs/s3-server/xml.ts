const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

export function xmlDocument(root: string, ...children: string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${children.join('')}</${root}>`;
}

export function xmlElement(name: string, ...children: string[]): string {
  return `<${name}>${children.join('')}</${name}>`;
}

export function xmlText(name: string, text: string | number | boolean): string {
  return xmlElement(
    name,
    String(text).replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`),
  );
}
