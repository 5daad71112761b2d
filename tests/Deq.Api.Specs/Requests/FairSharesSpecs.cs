using Deq.Api.Requests;

namespace Deq.Api.Specs.Requests;

public sealed class FairSharesSpecs
{
    [Theory]
    [InlineData(1, 50)]
    [InlineData(2, 33)]
    [InlineData(3, 25)]
    [InlineData(9, 10)]
    public void Leave_room_for_one_more_client_than_there_are(int clients, int least)
    {
        var shares = new FairShares(100);
        for (int round = 0; round < 100; round++)
        {
            for (int client = 0; client < clients; client++)
            {
                shares.TryTake($"{client}", 1);
            }
        }

        Assert.InRange(shares.Taken, 1, 100 - least);
        for (int i = 0; i < least / 2; i++)
        {
            Assert.True(shares.TryTake("new", 1));
        }
    }

    [Fact]
    public void Are_in_proportion_to_the_weights_of_clients()
    {
        var shares = new FairShares(1000, client => client == "heavy" ? 3 : 1);
        (int heavy, int light) = (0, 0);
        for (int round = 0; round < 1000; round++)
        {
            heavy += Enumerable.Range(0, 3).Count(_ => shares.TryTake("heavy", 1));
            light += shares.TryTake("light", 1) ? 1 : 0;
        }

        Assert.InRange(heavy, 597, 603);
        Assert.InRange(light, 197, 203);
        Assert.True(shares.TryTake("new", 100));
        Assert.False(new FairShares(100, _ => 1000).TryTake("greedy", 101));
    }

    [Fact]
    public void Give_the_only_request_of_the_only_client_everything()
    {
        var shares = new FairShares(100);

        Assert.True(shares.TryTake("one", 40));
        Assert.True(shares.TryTake("one", 60, held: 40));
        Assert.False(shares.TryTake("one", 1, held: 100));
        Assert.False(shares.TryTake("two", 1));
    }

    [Fact]
    public void Forget_clients_that_have_given_back_what_they_took()
    {
        var shares = new FairShares(100);
        shares.TryTake("one", 7);
        shares.TryTake("two", 9);

        shares.Return("one", 7);
        shares.Return("two", 9);

        Assert.Equal((0, 0), (shares.Taken, shares.Clients));
    }
}
