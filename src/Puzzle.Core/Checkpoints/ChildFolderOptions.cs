namespace Puzzle.Core.Checkpoints;

/// <summary>How a child's folder is written.</summary>
public sealed record ChildFolderOptions
{
    public ChildFormat Format { get; init; } = ChildFormat.NemotronNas;

    /// <summary>F32, F16 or BF16, for all tensors.</summary>
    public StoredType Type { get; init; } = StoredType.BF16;

    /// <summary>What to do with feed-forward widths that <c>ffn_mult</c> cannot say (nemotron-nas only).</summary>
    public OddWidths OddWidths { get; init; } = OddWidths.Keep;

    /// <summary>KV heads and feed-forward width of the inflated layers; null: the largest of the child's.</summary>
    public (int KvHeads, int IntermediateSize)? InflateTo { get; init; }

    /// <summary>The hub repository whose code transformers loads for nemotron-nas.</summary>
    public string CodeRepository { get; init; } = "nvidia/Llama-3_1-Nemotron-51B-Instruct";

    /// <summary>Text files to write besides, by name: model card, recipe.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Adds further files to the folder while it is still temporary, for example <c>tokenizer.Save</c>.</summary>
    public Action<string>? AddFiles { get; init; }

    /// <summary>A model's folder whose <c>generation_config.json</c> says how to sample; the ids are the child's own.</summary>
    public string? GenerationFrom { get; init; }

    public long MaxShardBytes { get; init; } = 5_000_000_000;
}
