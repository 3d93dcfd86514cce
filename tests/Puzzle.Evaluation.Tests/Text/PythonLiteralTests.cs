using CsCheck;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Tests.Text;

public class PythonLiteralTests
{
    [Theory]
    [InlineData("['a', \"it's\", 'say \"x\"']", """["a", "it's", "say \"x\""]""")]
    [InlineData("['\\n\\t\\\\', '\\x41\\u00e9\\U0001F600', '\\101', 'a' 'b']", """["\n\t\\", "Aé😀", "A", "ab"]""")]
    [InlineData("(1, -2.5, 1e3, True, None,)", "[1, -2.5, 1000.0, true, null]")]
    [InlineData("{'a': [1], 'b': (2)}", """{"a": [1], "b": 2}""")]
    [InlineData("  [ ]  ", "[]")]
    [InlineData("'''a\nb'''", "\"a\\nb\"")]
    public void LiteralsAreReadAsPythonReadsThem(string text, string json)
    {
        Assert.True(PythonLiteral.TryParse(text, out var value));
        Assert.Equal(json, PythonJson.Write(value));
    }

    [Theory]
    [InlineData("[1, 2")]
    [InlineData("['a]")]
    [InlineData("[1 2]")]
    [InlineData("__import__('os')")]
    [InlineData("")]
    [InlineData("'a' 1")]
    [InlineData("'a\nb'")]
    public void AnythingElseIsRefused(string text) => Assert.False(PythonLiteral.TryParse(text, out _));

    [Fact]
    public void DeepNestingIsRefusedNotCrashed() => Assert.False(PythonLiteral.TryParse(new string('[', 100_000), out _));

    [Fact]
    public void AnyStringSurvivesItsRepresentation() =>
        Gen.String.Sample(text =>
        {
            var quoted = "'" + text.Replace("\\", "\\\\").Replace("'", "\\'").Replace("\n", "\\n") + "'";
            Assert.True(PythonLiteral.TryParse(quoted, out var value));
            Assert.Equal(text, value);
        });
}
