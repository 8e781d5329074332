/** A name of a model: printable characters. llama.cpp names a model by the path of its file, so slashes are allowed. */
export const anyName = /^\P{C}{1,200}$/u;
