using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Text;

namespace Puzzle.Core.Export;

/// <summary>Writes a child as a model folder: hf, hf-llama, hf-inflated, anymodel, anymodel-vllm.</summary>
/// <param name="kind">Which of them.</param>
/// <param name="engine">Runs the inflated form, which is a plain model, as a GGUF file too; null, or none found: that check is left out.</param>
public sealed class FolderExporter(ExportKind kind, Func<IEngineCheck?>? engine = null) : IExporter
{
    private static readonly string[] Carried =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "vocab.json", "merges.txt",
        "chat_template.jinja", "puzzle_recipe.yaml",
    ];

    /// <inheritdoc/>
    public ExportKind Kind => kind;

    /// <inheritdoc/>
    public string FileName(string name) => name;

    /// <inheritdoc/>
    public ExportRecord Write(string child, string path, WeightsType? type, string card)
    {
        using var source = CheckpointFile.Open(child);
        var stored = ExportNames.Stored(type, source);
        if (stored is not (StoredType.F32 or StoredType.F16 or StoredType.BF16))
            throw new RecipeException($"{ExportNames.Of(kind)} stores f32, f16 or bf16, not {stored}; gguf stores {stored}");
        List<(string Engine, double Difference)> proofs = [];
        WholeFolder.Write(path, folder =>
        {
            ChildFolderWriter.Write(folder, source.Config, source.Read, new ChildFolderOptions
            {
                Format = Format,
                Type = stored,
                OddWidths = kind == ExportKind.Hf ? OddWidths.Pad : OddWidths.Keep,
                GenerationFrom = source.Path,
                AddFiles = inner => Carry(child, source, inner),
            });
            var proof = new ExportProof(source);
            var lossless = stored == StoredType.F32 || stored == TypeOf(source);
            using (var written = HuggingFaceFolder.Open(folder))
            {
                proofs.Add(("Puzzle", proof.Of(written, lossless)));
                if (kind == ExportKind.HfInflated && GgufExport.Problem(written.Config) is null && engine?.Invoke() is { } other)
                    proofs.Add((other.Name, InEngine(other, written, proof, lossless)));
            }

            File.WriteAllText(Path.Combine(folder, "README.md"), ExportCard.Render(card, ExportNames.Of(kind), stored, source.Config, proofs));
        });
        return new(kind, Path.GetFullPath(path), proofs.Max(found => found.Difference));
    }

    private ChildFormat Format => kind switch
    {
        ExportKind.HfLlama => ChildFormat.Plain,
        ExportKind.HfInflated => ChildFormat.Inflated,
        ExportKind.AnyModel => ChildFormat.AnyModel,
        ExportKind.AnyModelVllm => ChildFormat.AnyModelVllm,
        _ => ChildFormat.NemotronNas,
    };

    private static StoredType TypeOf(ICheckpoint source) => source.Tensors.Values.MaxBy(tensor => tensor.Count)!.Type;

    private static double InEngine(IEngineCheck engine, HuggingFaceFolder written, ExportProof proof, bool lossless)
    {
        var file = Path.Combine(Path.GetTempPath(), $"puzzle-{Guid.NewGuid():N}.gguf");
        try
        {
            GgufExport.Write(file, written.Config, written.Read, new() { Type = StoredType.F32 });
            return proof.Of(engine, file, written, StoredType.F32, lossless);
        }
        finally
        {
            File.Delete(file);
        }
    }

    // A folder's own files are taken as they are: whatever they hold beyond what we read stays.
    private static void Carry(string child, ICheckpoint source, string folder)
    {
        var place = Directory.Exists(source.Path) ? source.Path : child;
        if (!Directory.Exists(place))
        {
            Tokenizers.Load(source.Path).Save(folder);
            return;
        }

        foreach (var name in Carried)
        {
            if (File.Exists(Path.Combine(place, name)))
                File.Copy(Path.Combine(place, name), Path.Combine(folder, name), overwrite: true);
        }
    }
}
