using System.Text.Json;
using System.Text.Json.Nodes;
using Puzzle.Core.Models;

namespace Puzzle.Core.Checkpoints;

/// <summary><c>generation_config.json</c>: how a model likes to be sampled, and the ids that end it.</summary>
internal static class GenerationSettings
{
    private const string FileName = "generation_config.json";
    private const int MostBytes = 1 << 20;

    /// <summary>Ids of a model, and beside them what another model's folder says of sampling.</summary>
    /// <param name="config">The model.</param>
    /// <param name="from">The other model's folder, or a file of it; null, or without the file: the ids alone.</param>
    public static JsonObject Of(ModelConfig config, string? from)
    {
        var settings = Read(from);
        settings["bos_token_id"] = config.BosTokenId;
        settings["eos_token_id"] = ChildConfig.Ends(config);
        return settings;
    }

    // Settings that cannot be read are no reason not to write a model.
    private static JsonObject Read(string? from)
    {
        var file = new FileInfo(Path.Combine(from ?? ".", FileName));
        if (from is null || !file.Exists || file.Length > MostBytes)
            return new JsonObject();
        try
        {
            // Keys that stand twice are found when they are counted.
            return JsonNode.Parse(File.ReadAllBytes(file.FullName)) is JsonObject { Count: >= 0 } settings ? settings : new JsonObject();
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return new JsonObject();
        }
    }
}
