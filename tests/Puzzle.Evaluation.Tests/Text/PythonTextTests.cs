using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Tests.Text;

/// <summary>Expected values: CPython 3.11.</summary>
public class PythonTextTests
{
    [Fact]
    public void LengthCountsCodePoints() => Assert.Equal(4, PythonText.Length("a😀é\ud800"));

    [Theory]
    [InlineData("a b  c", 3)]
    [InlineData("", 1)]
    [InlineData(" a ", 3)]
    [InlineData("a\u001cb\u00a0c", 3)]
    public void WordsAreThePiecesBetweenWhiteSpace(string text, int expected) => Assert.Equal(expected, PythonText.CountWords(text));

    [Fact]
    public void StrippingTakesPythonsWhiteSpace() => Assert.Equal("a", PythonText.Trim("\u001f\u3000\n a\t\u0085 "));

    [Theory]
    [InlineData("hELLO World", "Hello world")]
    [InlineData("", "")]
    public void CapitalisingLowersTheRest(string text, string expected) => Assert.Equal(expected, PythonText.Capitalize(text));

    [Theory]
    [InlineData(1.0, "1.0")]
    [InlineData(-17.553098678588867, "-17.553098678588867")]
    [InlineData(1e16, "1e+16")]
    [InlineData(123456789012345680.0, "1.2345678901234568e+17")]
    [InlineData(1234567890123456.0, "1234567890123456.0")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(1.5e-7, "1.5e-07")]
    [InlineData(0.1 + 0.2, "0.30000000000000004")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(5e-324, "5e-324")]
    public void NumbersPrintAsPythonPrintsThem(double number, string expected) => Assert.Equal(expected, PythonNumbers.Repr(number));
}
