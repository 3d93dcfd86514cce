using Puzzle.Evaluation.Randomness;

namespace Puzzle.Evaluation.Tests.Randomness;

/// <summary>Expected numbers: CPython 3.11.</summary>
public class PythonRandomTests
{
    [Fact]
    public void NumbersAreThoseOfPython()
    {
        var random = new PythonRandom(0);
        Assert.Equal(0.8444218515250481, random.NextDouble());
        Assert.Equal(0.7579544029403025, random.NextDouble());
        Assert.Equal(0.420571580830845, random.NextDouble());
    }

    [Fact]
    public void SeedsBeyond32BitsAreThoseOfPython() =>
        Assert.Equal(0.5043802970418443, new PythonRandom((1L << 40) + 5).NextDouble());

    [Fact]
    public void SmallPopulationsAreSampledFromAShrinkingPool()
    {
        var random = new PythonRandom(1234);
        Assert.Equal([49, 28, 7, 0, 5], random.SampleIndices(50, 5));
        Assert.Equal([37, 2, 42, 44, 5], random.SampleIndices(50, 5));
        Assert.Equal([6, 49, 22, 15, 1], random.SampleIndices(50, 5));
    }

    [Fact]
    public void LargePopulationsAreSampledByRejection()
    {
        var random = new PythonRandom(1234);
        Assert.Equal([989, 796, 451, 119, 7], random.SampleIndices(1000, 5));
        Assert.Equal([92, 932, 965, 961, 826], random.SampleIndices(1000, 5));
        Assert.Equal(
            [74, 4, 85, 88, 10, 12, 45, 30, 2, 3, 91, 44, 82, 79, 61, 78, 59, 19, 11, 23, 14, 1, 64, 62, 31, 8, 69, 83, 99, 81],
            random.SampleIndices(100, 30));
    }

    [Fact]
    public void ListsAreShuffledAsPythonDoes()
    {
        var list = Enumerable.Range(0, 12).ToArray();
        new PythonRandom(7).Shuffle(list.AsSpan());
        Assert.Equal([7, 11, 3, 10, 8, 4, 9, 1, 0, 6, 2, 5], list);
    }
}
