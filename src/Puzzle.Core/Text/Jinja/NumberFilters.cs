using System.Numerics;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Filters of numbers, and those that only change what kind a value is.</summary>
internal static class NumberFilters
{
    public static IReadOnlyDictionary<string, Filter> All { get; } = new Dictionary<string, Filter>
    {
        ["abs"] = (_, value, _) => value switch
        {
            double number => Math.Abs(number),
            _ when PythonNumbers.IsInteger(value) => PythonNumbers.Narrow(BigInteger.Abs(PythonNumbers.ToBig(value))),
            _ => throw (value as Undefined)?.Fail() ?? new TemplateException($"bad operand type for abs(): '{Values.TypeName(value)}'"),
        },
        ["int"] = (context, value, arguments) => Integer(context, value, arguments.Integer(1, "base", 10)) ?? arguments.Optional(0, "default", 0L),
        ["float"] = (context, value, arguments) => (object?)Float(context, value) ?? arguments.Optional(0, "default", 0.0),
        ["round"] = (_, value, arguments) => Round(value, arguments.Integer(0, "precision", 0), arguments.OptionalText(1, "method", "common")!),
        ["bool"] = (context, value, _) => Values.Truth(value, context.Options.StrictUndefined),
        ["filesizeformat"] = (context, value, arguments) => FileSize(context, value, arguments.Flag(0, "binary")),
        ["default"] = Default,
        ["d"] = Default,
    };

    private static object? Default(RenderContext context, object? value, CallArguments arguments) =>
        value is Undefined || (arguments.Flag(1, "boolean") && !Values.Truth(value, strict: false)) ? arguments.Optional(0, "default_value", "") : value;

    private static object? Integer(RenderContext context, object? value, int numberBase) => value switch
    {
        string text => PythonNumbers.ParseInteger(text, numberBase) ?? (PythonNumbers.ParseFloat(text) is { } number && double.IsFinite(number) ? PythonNumbers.Truncate(number) : null),
        double number => double.IsFinite(number) ? PythonNumbers.Truncate(number) : null,
        bool flag => flag ? 1L : 0L,
        long or BigInteger => value,
        Undefined undefined when context.Options.StrictUndefined => throw undefined.Fail(),
        _ => null,
    };

    private static double? Float(RenderContext context, object? value) => value switch
    {
        string text => PythonNumbers.ParseFloat(text),
        Undefined undefined when context.Options.StrictUndefined => throw undefined.Fail(),
        _ => PythonNumbers.Is(value) ? PythonNumbers.ToDouble(value) : null,
    };

    private static object Round(object? value, int precision, string method)
    {
        if (!PythonNumbers.Is(value))
            throw (value as Undefined)?.Fail() ?? new TemplateException($"type {Values.TypeName(value)} doesn't define __round__ method");
        precision = Math.Clamp(precision, -300, 300);
        var number = PythonNumbers.ToDouble(value);
        switch (method)
        {
            case "common" when PythonNumbers.IsInteger(value) && precision >= 0:
                return value!;
            case "common" when !double.IsFinite(number):
                return number;
            case "common":
                var rounded = precision >= 0 ? double.Parse(PythonNumbers.Fixed(number, precision)) : Math.Round(number / Math.Pow(10, -precision), MidpointRounding.ToEven) * Math.Pow(10, -precision);
                return PythonNumbers.IsInteger(value) ? PythonNumbers.Truncate(rounded) : rounded;
            case "ceil" or "floor":
                var scale = Math.Pow(10, precision);
                return (method == "ceil" ? Math.Ceiling(number * scale) : Math.Floor(number * scale)) / scale;
            default:
                throw new TemplateException("method must be common, ceil or floor");
        }
    }

    private static string FileSize(RenderContext context, object? value, bool binary)
    {
        var bytes = Float(context, value) ?? throw new TemplateException($"could not convert {Values.TypeName(value)} to float");
        var unit = binary ? 1024.0 : 1000.0;
        string[] prefixes = binary ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"] : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
        if (bytes == 1)
            return "1 Byte";
        if (bytes < unit)
            return $"{PythonNumbers.Truncate(bytes)} Bytes";
        var i = 0;
        while (i < prefixes.Length - 1 && bytes >= unit * unit)
            (bytes, i) = (bytes / unit, i + 1);
        return $"{PythonNumbers.Fixed(bytes / unit, 1)} {prefixes[i]}";
    }
}
