using Puzzle.Core.Checkpoints;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Export;

/// <summary>Writes a child as a GGUF file for llama.cpp, its card beside it.</summary>
/// <param name="engine">Runs the file; null, or none found: it is read back by Puzzle alone.</param>
public sealed class GgufExporter(Func<IEngineCheck?>? engine = null) : IExporter
{
    /// <inheritdoc/>
    public ExportKind Kind => ExportKind.Gguf;

    /// <inheritdoc/>
    public string FileName(string name) => $"{name}.gguf";

    /// <inheritdoc/>
    public ExportRecord Write(string child, string path, WeightsType? type, string card)
    {
        using var source = CheckpointFile.Open(child);
        var stored = ExportNames.Stored(type, source);
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        List<(string Engine, double Difference)> proofs = [];
        try
        {
            GgufExport.Write(temporary, source.Config, source.Read, new() { Type = stored, Tokenizer = Tokenizer(source), Name = Path.GetFileNameWithoutExtension(path) });
            var proof = new ExportProof(source);
            var lossless = stored == StoredType.F32 || source.Tensors.Values.All(tensor => tensor.Type == stored || tensor.Type == StoredType.F32 && tensor.Shape.Count == 1);
            using (var written = GgufFile.Open(temporary))
            {
                proofs.Add(("Puzzle", proof.Of(written, lossless)));
                if (engine?.Invoke() is { } other)
                    proofs.Add((other.Name, proof.Of(other, temporary, written, stored, stored == StoredType.F32)));
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        File.WriteAllText(Path.ChangeExtension(path, ".md"), ExportCard.Render(card, ExportNames.Of(Kind), stored, source.Config, proofs));
        return new(Kind, path, proofs.Max(found => found.Difference));
    }

    private static IReadOnlyList<KeyValuePair<string, object>> Tokenizer(ICheckpoint source)
    {
        if (File.Exists(source.Path))
            return GgufTokenizerKeys.Copy(GgufMetadata.Read(source.Path));
        return File.Exists(Path.Combine(source.Path, "tokenizer.json")) ? GgufTokenizerKeys.FromFolder(source.Path) : [];
    }
}
