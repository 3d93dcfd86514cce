using System.Globalization;
using System.Text;
using Puzzle.Core.Recipes;

namespace Puzzle.Serving.Costs.Roofline;

/// <summary>Writes a profile in the form of the files in <c>hardware</c>.</summary>
public static class HardwareProfileText
{
    /// <summary>The YAML text.</summary>
    public static string Of(HardwareProfile profile)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"name: {Quoted(profile.Name)}");
        Line($"source: {Quoted(profile.Source)}");
        Line($"memory_gb: {profile.MemoryGb}");
        Line($"bandwidth_gb_s: {profile.BandwidthGbS}");
        Line($"peaks:");
        foreach (var peak in profile.Peaks)
            Line($"  - {{type: {RecipeJson.Canonical(peak.Type).Trim('"')}, tflops: {peak.Tflops}}}");
        Line($"matrix_efficiency:");
        foreach (var point in profile.MatrixEfficiency)
            Line($"  - {{rows: {point.Rows}, share: {point.Share}}}");
        Line($"prefill_attention_efficiency: {profile.PrefillAttentionEfficiency}");
        Line($"weight_bandwidth_efficiency: {profile.WeightBandwidthEfficiency}");
        Line($"cache_bandwidth_efficiency: {profile.CacheBandwidthEfficiency}");
        Line($"operation_us: {profile.OperationUs}");
        Line($"step_us: {profile.StepUs}");
        if (profile.Interconnect is { } link)
            Line($"interconnect: {{bandwidth_gb_s: {link.BandwidthGbS}, efficiency: {link.Efficiency}, latency_us: {link.LatencyUs}}}");
        Line($"efficiency_source: {Quoted(profile.EfficiencySource)}");
        return text.ToString();
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
