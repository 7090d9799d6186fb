// What the TypeScript compiler says of sources that are in memory only.

import ts from 'typescript'

export interface TypeError {
  file: string
  /** Counted from 0. */
  line: number
  message: string
}

/** @param sources - by their paths, from which they resolve what they import. @param beside - files on disk that are compiled with them */
export function typeErrors (sources: ReadonlyMap<string, string>, beside: readonly string[] = []): TypeError[] {
  // as strict as what `tsc --init` writes
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext
  }
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: name => sources.has(name) || disk.fileExists(name),
    getSourceFile: (name, version, ...rest) => {
      const source = sources.get(name)
      return source === undefined ? disk.getSourceFile(name, version, ...rest) : ts.createSourceFile(name, source, version)
    }
  }
  const program = ts.createProgram([...beside, ...sources.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => ({
    file: file?.fileName ?? '',
    line: file?.getLineAndCharacterOfPosition(start).line ?? 0,
    message: ts.flattenDiagnosticMessageText(messageText, ' ')
  }))
}
