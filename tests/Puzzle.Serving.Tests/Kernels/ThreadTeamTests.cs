using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Tests.Kernels;

public class ThreadTeamTests
{
    [Fact]
    public void NobodyLeavesAMeetingBeforeAllAreThere()
    {
        using var team = new ThreadTeam(3);
        var counts = new int[200];
        for (var run = 0; run < 20; run++)
        {
            Array.Clear(counts);
            var early = 0;
            team.Run(_ =>
            {
                for (var i = 0; i < counts.Length; i++)
                {
                    Interlocked.Increment(ref counts[i]);
                    team.Meet();
                    if (Volatile.Read(ref counts[i]) != 3)
                        Interlocked.Increment(ref early);
                }
            }, 3);
            Assert.Equal(0, early);
        }
    }

    [Fact]
    public void SleepersWakeAndSingleRunsStayOnTheCaller()
    {
        using var team = new ThreadTeam(2);
        for (var run = 0; run < 5; run++)
        {
            var seen = 0;
            team.Run(_ => Interlocked.Increment(ref seen), 2);
            Assert.Equal(2, seen);
            Thread.Sleep(30);
            team.Run(_ => seen = Environment.CurrentManagedThreadId, 1);
            Assert.Equal(Environment.CurrentManagedThreadId, seen);
        }
    }
}
