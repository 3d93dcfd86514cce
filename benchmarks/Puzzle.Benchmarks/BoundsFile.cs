using Puzzle.Core.Errors;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Puzzle.Benchmarks;

/// <summary>Reads <c>benchmarks/bounds.yaml</c>.</summary>
internal static class BoundsFile
{
    /// <summary>The bounds by benchmark.</summary>
    public static Dictionary<string, List<Bound>> Read(string path)
    {
        var reader = new DeserializerBuilder()
            .WithNamingConvention(UnderscoredNamingConvention.Instance)
            .WithAttributeOverride<Bound>(bound => bound.EqualTo!, new YamlMemberAttribute { Alias = "equals", ApplyNamingConventions = false })
            .Build();
        try
        {
            var bounds = reader.Deserialize<Dictionary<string, List<Bound>>>(File.ReadAllText(path)) ?? [];
            foreach (var (name, ofBenchmark) in bounds)
                foreach (var bound in ofBenchmark)
                    if (string.IsNullOrEmpty(bound.Metric) || string.IsNullOrEmpty(bound.From) || bound is { AtMost: null, AtLeast: null, EqualTo: null })
                        throw new BadInputException($"{path}: {name}: a bound needs metric, from and one of at_most, at_least, equals");
            return bounds;
        }
        catch (YamlException e)
        {
            throw new BadInputException($"{path}: line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}", e);
        }
    }
}
