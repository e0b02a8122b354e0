"""Chinese names for the things and people of Marigold's world.

Names that only held-out text may use are in the ``*_HELD_OUT`` tuples, as in
``entities``. Flowers and plants are keyed by their English name.
"""

from __future__ import annotations

from helpers.making.shop.entities import PLANTS, PLANTS_HELD_OUT, Plant

_PLANT_NAMES = dict(row.split("|") for row in """
rose|玫瑰
tulip|郁金香
lily|百合
sunflower|向日葵
peony|牡丹
carnation|康乃馨
gerbera|非洲菊
freesia|小苍兰
snapdragon|金鱼草
ranunculus|花毛茛
anemone|银莲花
hyacinth|风信子
iris|鸢尾花
dahlia|大丽花
chrysanthemum|菊花
aster|紫菀
zinnia|百日草
delphinium|飞燕草
sweet pea|香豌豆
lisianthus|洋桔梗
cornflower|矢车菊
stock|紫罗兰
hydrangea|绣球花
orchid|兰花
monstera|龟背竹
peace lily|白掌
snake plant|虎尾兰
spider plant|吊兰
Boston fern|波士顿蕨
aloe|芦荟
jade plant|玉树
calathea|竹芋
parlour palm|袖珍椰子
African violet|非洲紫罗兰
azalea|杜鹃
cyclamen|仙客来
amaryllis|朱顶红
poinsettia|一品红
lavender|薰衣草
rosemary|迷迭香
basil|罗勒
jasmine|茉莉
camellia|山茶
gardenia|栀子花
protea|帝王花
foxglove|毛地黄
begonia|秋海棠
money tree|发财树
""".strip().splitlines())

COLOURS = {"white": "白色", "cream": "奶油色", "pink": "粉色", "red": "红色", "yellow": "黄色", "orange": "橙色",
           "purple": "紫色", "blue": "蓝色", "peach": "桃色", "lilac": "淡紫色", "green": "绿色", "coral": "珊瑚色"}
WEEKDAYS = {"Monday": "星期一", "Tuesday": "星期二", "Wednesday": "星期三", "Thursday": "星期四", "Friday": "星期五",
            "Saturday": "星期六", "Sunday": "星期天"}
# As they stand before a measure word (两束, not 二束).
NUMBERS = {"one": "一", "two": "两", "three": "三", "four": "四", "five": "五", "six": "六", "seven": "七", "eight": "八",
           "nine": "九", "ten": "十", "eleven": "十一", "twelve": "十二"}

# First names as they are written in Chinese.
PEOPLE = {
    "Adam": "亚当", "Anna": "安娜", "Bruno": "布鲁诺", "Carl": "卡尔", "Clara": "克拉拉", "David": "大卫",
    "Emma": "艾玛", "Eva": "伊娃", "Felix": "费利克斯", "Flora": "弗洛拉", "Frank": "弗兰克", "Gina": "吉娜", "Hana": "哈娜",
    "Helen": "海伦", "Hugo": "雨果", "Ivan": "伊万", "Jack": "杰克", "Julia": "朱莉娅", "Kate": "凯特",
    "Leo": "利奥", "Lisa": "丽莎", "Lucy": "露西", "Luna": "露娜", "Marco": "马可", "Maria": "玛丽亚", "Maya": "玛雅",
    "Mila": "米拉", "Nadia": "纳迪娅", "Nina": "妮娜", "Nora": "诺拉", "Olga": "奥尔加", "Omar": "奥马尔", "Oscar": "奥斯卡", "Otto": "奥托",
    "Paula": "保拉", "Petra": "佩特拉", "Rosa": "罗莎", "Ruth": "露丝", "Sam": "山姆", "Sara": "萨拉", "Simon": "西蒙", "Sofia": "索菲亚",
    "Theo": "西奥", "Tim": "蒂姆", "Tom": "汤姆", "Vera": "薇拉", "Zoe": "佐伊",
}
# The Chinese shop's own staff.
STAFF = ("小李", "小陈", "小王", "小周", "小吴", "小何")
STAFF_HELD_OUT = ("小郑", "小沈")
RELATIVES = ("妈妈", "爸爸", "姐姐", "奶奶", "外婆", "老婆", "女朋友", "同事", "女儿", "邻居", "最好的朋友", "老板")
RELATIVES_HELD_OUT = ("姑妈", "班主任", "表妹", "岳母")
EVENTS = ("生日", "婚礼", "结婚纪念日", "乔迁", "毕业典礼", "母亲节", "情人节", "开业", "家庭聚会", "教师节")
EVENTS_HELD_OUT = ("金婚庆典", "新书发布会", "订婚宴", "欢送会")

STREETS = {"Mill Lane": "磨坊巷", "Park Road": "公园路", "Station Street": "车站街", "Harbour Street": "港口街",
           "Oak Avenue": "橡树大道", "Church Row": "教堂街", "Bridge Street": "大桥街", "Garden Close": "花园巷",
           "Hill Road": "山坡路", "Market Square": "集市广场", "Elm Street": "榆树街", "River Walk": "河滨路",
           "Orchard Way": "果园路", "North Street": "北街", "Canal Road": "运河路", "School Lane": "学校巷"}
STREETS_HELD_OUT = {"Lantern Court": "灯笼苑", "Weaver Street": "织工街", "Cherry Hill": "樱桃山", "Old Quay": "老码头",
                    "Tanner Row": "皮匠街", "Meadow View": "草地路"}

# Name → measure word.
THINGS = {"玻璃花瓶": "个", "陶瓷花盆": "个", "洒水壶": "个", "园艺剪刀": "把", "小铲子": "把", "喷雾瓶": "个", "铜花瓶": "个",
          "花架": "个", "育苗盘": "个", "园艺手套": "副", "礼品盒": "个", "香薰蜡烛": "支", "修枝锯": "把", "压花器": "个"}
THINGS_HELD_OUT = {"嫁接刀": "把", "石花盆": "个", "筛土网": "张", "玻璃花瓶": "个", "洒水壶": "个"}
# Plants that a Chinese shop sells besides those of ``entities``.
POTS = ("绿萝", "多肉", "文竹", "君子兰", "富贵竹", "水仙")
POTS_HELD_OUT = ("常春藤", "铜钱草")


def plant_name(plant: Plant) -> str:
    """The Chinese name of a plant of ``entities``."""
    return _PLANT_NAMES[plant.name]


def cut_flowers(held_out: bool = False) -> tuple[Plant, ...]:
    """The cut flowers; with ``held_out`` also those that training text never names."""
    return tuple(plant for plant in PLANTS + (PLANTS_HELD_OUT if held_out else ()) if plant.sold == "cut")


def pot_plants(held_out: bool = False) -> tuple[Plant, ...]:
    """The pot plants; with ``held_out`` also those that training text never names."""
    return tuple(plant for plant in PLANTS + (PLANTS_HELD_OUT if held_out else ()) if plant.sold == "pot")
