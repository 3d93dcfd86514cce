using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Export;

/// <summary>What recipes and the command line call formats and types.</summary>
public static class ExportNames
{
    private static readonly (string Name, ExportKind Kind)[] Kinds =
    [
        ("hf", ExportKind.Hf),
        ("hf-llama", ExportKind.HfLlama),
        ("hf-inflated", ExportKind.HfInflated),
        ("anymodel", ExportKind.AnyModel),
        ("anymodel-vllm", ExportKind.AnyModelVllm),
        ("gguf", ExportKind.Gguf),
    ];

    public static IReadOnlyList<string> All { get; } = [.. Kinds.Select(pair => pair.Name)];

    /// <exception cref="RecipeException">There is no such format.</exception>
    public static ExportKind Format(string name)
    {
        foreach (var (known, kind) in Kinds)
        {
            if (known == name.ToLowerInvariant().Replace('_', '-'))
                return kind;
        }

        throw new RecipeException($"export format '{name}' is not known; known are {string.Join(", ", All)}{DidYouMean.Hint(name, All)}");
    }

    public static string Of(ExportKind kind) => Kinds.First(pair => pair.Kind == kind).Name;

    /// <summary>How weights are stored, by the name of a type.</summary>
    /// <exception cref="RecipeException">There is no such type, or it is left to llama-quantize.</exception>
    public static WeightsType Type(string name)
    {
        if (name.Length > 0 && char.IsLetter(name[0]) && Enum.TryParse<WeightsType>(name, ignoreCase: true, out var type) && Enum.IsDefined(type))
            return type;
        if (name.Length > 0 && char.IsLetter(name[0]) && Enum.TryParse<StoredType>(name, ignoreCase: true, out var other) && Enum.IsDefined(other))
            throw new RecipeException($"{other} is not written; write a GGUF file of F16 and run: llama-quantize CHILD-F16.gguf CHILD-{other}.gguf {other}");
        throw new RecipeException($"dtype '{name}' is not known; f32, f16, bf16, q8_0 and q4_0 are written");
    }

    /// <summary>The stored type; that of the child where none is given.</summary>
    public static StoredType Stored(WeightsType? type, ICheckpoint child) => type switch
    {
        WeightsType.F32 => StoredType.F32,
        WeightsType.F16 => StoredType.F16,
        WeightsType.BF16 => StoredType.BF16,
        WeightsType.Q8_0 => StoredType.Q8_0,
        WeightsType.Q4_0 => StoredType.Q4_0,
        _ => Stitching.ChildFiles.TypeOf(child),
    };
}
