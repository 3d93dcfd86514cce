using Puzzle.Core.Models;

namespace Puzzle.Core.Checkpoints;

/// <summary>Reads RoPE's base and scaling from a configuration: the classic keys, or <c>rope_parameters</c> of transformers 5.</summary>
internal static class RopeConfig
{
    private const double DefaultTheta = 10000;

    public static (double Theta, RopeScaling? Scaling) Read(ConfigObject config)
    {
        var rope = config.OptionalObject("rope_parameters") ?? config.OptionalObject("rope_scaling");
        var theta = rope?.OptionalPositive("rope_theta") ?? config.OptionalPositive("rope_theta") ?? DefaultTheta;
        CheckWhole(config);
        if (rope is not { } scaling)
            return (theta, null);
        CheckWhole(scaling);
        return (theta, Scaling(config, scaling));
    }

    private static RopeScaling? Scaling(ConfigObject config, ConfigObject rope)
    {
        var key = rope.IsPresent("rope_type") ? "rope_type" : "type";
        switch (rope.OptionalText(key))
        {
            case null when !rope.IsPresent("factor") && rope.IsPresent("rope_theta"):
            case "default":
                return null;
            case "linear":
                return new("linear", Required(rope, "factor"));
            case "llama3":
                var original = rope.OptionalInt("original_max_position_embeddings", 1, int.MaxValue)
                    ?? config.OptionalInt("original_max_position_embeddings", 1, int.MaxValue)
                    ?? throw rope.Wrong("original_max_position_embeddings", "a positive integer");
                var (low, high) = (Required(rope, "low_freq_factor"), Required(rope, "high_freq_factor"));
                if (high <= low)
                    throw rope.Wrong("high_freq_factor", $"more than low_freq_factor, {low},");
                return new("llama3", Required(rope, "factor"), low, high, original);
            default:
                throw rope.Wrong(key, "default, linear or llama3");
        }
    }

    private static double Required(ConfigObject rope, string key) => rope.OptionalPositive(key) ?? throw rope.Wrong(key, "a number above zero");

    private static void CheckWhole(ConfigObject config)
    {
        if (config.OptionalNumber("partial_rotary_factor") is not (null or 1))
            throw config.Wrong("partial_rotary_factor", "1 (rotating part of a head is not supported)");
    }
}
