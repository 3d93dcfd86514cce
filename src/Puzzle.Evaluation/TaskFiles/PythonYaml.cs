using System.Globalization;
using System.Text.RegularExpressions;
using Puzzle.Core.Errors;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>
/// YAML as PyYAML reads it (YAML 1.1: <c>yes</c> is a boolean, <c>1e5</c> a text): the values of task files depend on it.
/// </summary>
public static partial class PythonYaml
{
    private const string FunctionTag = "!function";

    /// <param name="source">Named in errors: the file.</param>
    /// <returns>string, long, double, bool, null, <see cref="FunctionReference"/>, List or OrderedDictionary of these.</returns>
    /// <exception cref="BadInputException">No valid YAML, or not one document with a mapping on top.</exception>
    public static OrderedDictionary<string, object?> ReadMapping(string text, string source)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode mapping
                ? Mapping(mapping, source)
                : throw new BadInputException($"{source}: expected one YAML document with keys and values");
        }
        catch (YamlException error)
        {
            throw new BadInputException($"{source}, line {error.Start.Line}: no valid YAML: {error.Message}", error);
        }
    }

    private static object? Value(YamlNode node, string source) => node switch
    {
        YamlMappingNode mapping => Mapping(mapping, source),
        YamlSequenceNode sequence => sequence.Children.Select(child => Value(child, source)).ToList(),
        YamlScalarNode scalar => Scalar(scalar),
        _ => throw new BadInputException($"{source}, line {node.Start.Line}: unexpected YAML node"),
    };

    private static OrderedDictionary<string, object?> Mapping(YamlMappingNode mapping, string source)
    {
        var result = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Children)
        {
            if (key is not YamlScalarNode { Value: { } name })
                throw new BadInputException($"{source}, line {key.Start.Line}: a key must be a plain text");
            if (name == "<<" && Value(value, source) is IReadOnlyDictionary<string, object?> merged)
            {
                foreach (var (mergedKey, mergedValue) in merged)
                    result.TryAdd(mergedKey, mergedValue);
            }
            else
            {
                result[name] = Value(value, source);
            }
        }

        return result;
    }

    private static object? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (!scalar.Tag.IsEmpty && scalar.Tag.Value == FunctionTag)
            return new FunctionReference(text);
        if (scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value.EndsWith(":str", StringComparison.Ordinal)))
            return text;
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON" => true,
            "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF" => false,
            ".inf" or ".Inf" or ".INF" or "+.inf" => double.PositiveInfinity,
            "-.inf" or "-.Inf" or "-.INF" => double.NegativeInfinity,
            ".nan" or ".NaN" or ".NAN" => double.NaN,
            _ when Integer().IsMatch(text) && long.TryParse(text.Replace("_", ""), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) => integer,
            _ when Float().IsMatch(text) => double.Parse(text.Replace("_", ""), CultureInfo.InvariantCulture),
            _ => text,
        };
    }

    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9_]*)$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|[-+]?\.[0-9][0-9_]*([eE][-+][0-9]+)?)$")]
    private static partial Regex Float();
}
